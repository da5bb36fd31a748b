#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "transport/mpi_communicator.hpp"
#include "transport/mpi_endpoint.hpp"
#include "transport/mpi_requests.hpp"
#include "transport/mpi_tags.hpp"
#include "transport/spare_buffers.hpp"

namespace cohort::transport {

/// The receiving half of an MPI endpoint.
class MpiInbound {
 public:
  MpiInbound(const Communicator& communicator, const MpiOptions& options, MpiTags tags);

  std::uint64_t receive(Address from, TransferId transfer, detail::MutableSegment into);
  /// Returns whether anything arrived.
  bool poll(Sink& sink);
  /// Withdraws what nothing has come for. Returns whether nothing is left that MPI still writes to.
  bool give_up();

 private:
  /// A packet's message, found by a probe and perhaps not complete yet.
  struct Arrival {
    Address from;
    detail::ByteBuffer bytes;
    MPI_Request request;
    bool complete;
  };
  struct SegmentPiece {
    std::uint64_t ticket;
    std::size_t bytes;
  };

  bool poll_segments(Sink& sink);
  bool deliver_arrivals(Sink& sink);
  bool take_next(Sink& sink);
  bool probe(Arrival& arrival);
  bool waits_behind_earlier(std::size_t arrivals_before, Address from) const;
  void deliver(Arrival arrival, Sink& sink);

  const Communicator& communicator_;
  MpiOptions options_;
  MpiTags tags_;
  std::vector<Arrival> arrivals_;  ///< in the order of the probes
  /// Packets of which not all messages are there, by sender.
  std::unordered_map<Address, detail::ByteBuffer> begun_;
  MpiRequests<SegmentPiece> under_way_;
  std::vector<MpiRequests<SegmentPiece>::Ended> ended_;
  std::unordered_map<std::uint64_t, std::size_t> pieces_left_;  ///< by ticket, of those with several
  std::deque<std::uint64_t> received_;
  std::uint64_t last_ticket_ = 0;
  SpareBuffers spare_;
};

}  // namespace cohort::transport
