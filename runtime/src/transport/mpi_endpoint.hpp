#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "transport/transport.hpp"

namespace cohort::transport {

class Communicator;
class NodeChannels;

/// The same on all ranks, but for what is said of the node.
struct MpiOptions {
  /// Largest MPI message, 1 to INT_MAX; longer segments and packets travel as several.
  std::size_t piece_bytes = std::size_t{1} << 30;
  /// Packets of fewer bytes, and the beginnings of others, are waited for with receives of this size. As long as MPI
  /// sends them off without asking the receiver (Open MPI in shared memory: 4 KiB with its header), nobody waits behind
  /// one whose sender is busy. At most RingBuffer::kLongest.
  std::size_t short_packet_bytes = 4'000;
  /// Bytes of packets on the way to one rank that it has not taken out of MPI yet; what is beyond waits at the sender.
  std::size_t window_bytes = std::size_t{16} << 20;
  /// Bytes of segments on the way to one rank at once, but one piece always.
  std::size_t segment_window_bytes = std::size_t{64} << 20;
  /// Others that can map this rank's memory, in order.
  std::vector<Address> neighbours = {};
  /// Short packets to and from other ranks of this node go through memory that is shared with them, where that can be.
  bool node_channels = true;
};

/// All ranks of `world` together; the rank is the address. It has a communicator of its own. `channels` are connected.
///
/// A transfer's id modulo MPI's largest tag (32767 or more) must be unique among those on the way from one rank to
/// another. The receiver must ask for all segments it was told of without waiting for one of them to end first: the
/// sender decides the order. Destroying it never blocks; what is still on its way then is given up.
std::unique_ptr<Endpoint> make_mpi_endpoint(const Communicator& world, const MpiOptions& options,
                                            std::unique_ptr<NodeChannels> channels);

}  // namespace cohort::transport
