#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "transport/mpi_communicator.hpp"
#include "transport/mpi_endpoint.hpp"
#include "transport/mpi_requests.hpp"
#include "transport/mpi_tags.hpp"
#include "transport/node_channels.hpp"
#include "transport/spare_buffers.hpp"

namespace cohort::transport {

/// The sending half of an MPI endpoint.
///
/// A packet is one message, or several if it is long (see MpiTags). So that a rank that does not receive
/// does not fill its MPI's buffers, about one packet in a sixteenth of the window is sent synchronously: once it has
/// been taken, so have all before it. Segments are sent synchronously, a few at a time. To ranks of the same node short
/// packets, and the beginnings of long ones, go through its channels.
class MpiOutbound {
 public:
  MpiOutbound(const Communicator& communicator, const MpiOptions& options, MpiTags tags, NodeChannels& channels);

  detail::ByteBuffer spare_buffer() { return spare_.take(); }
  void send(Address to, Packet packet);
  bool send_copied(Address to, std::span<const std::byte> bytes) {
    return channels_.reaches(to) && bytes.size() < options_.short_packet_bytes && peer(to).packets.empty() &&
           channels_.send(to, bytes);
  }
  /// Returns whether anything ended. Where nothing waits for that, not every call looks.
  bool poll();
  std::size_t unsent_bytes(Address to) const { return peer(to).unsent_bytes; }
  /// Nothing was left to send at the last look.
  bool idle() const { return under_way_.empty() && full_.empty(); }
  bool all_sent() {
    if (!under_way_.empty()) look();
    return idle();
  }
  /// Returns whether all was sent; what MPI still reads is kept for ever.
  bool give_up() { return under_way_.give_up(); }

 private:
  /// Keeps what one MPI message is sent from.
  struct Message {
    Address to;
    std::size_t bytes;
    int tag;
    bool segment;
    std::size_t opens_bytes;  ///< of the window, once it has been taken
    detail::ByteBuffer buffer;
    std::shared_ptr<const void> keeps;
  };
  struct Transfer {
    std::vector<detail::ConstSegment> segments;
    std::shared_ptr<const void> keeps;
    int tag;
    std::size_t next = 0;        ///< segment
    std::size_t sent_bytes = 0;  ///< of it
  };
  struct Peer {
    std::deque<detail::ByteBuffer> packets;
    std::deque<Transfer> transfers;
    std::size_t unsent_bytes = 0;
    std::size_t window_bytes = 0;    ///< taken up
    std::size_t unmarked_bytes = 0;  ///< of these, since the last synchronous send
    std::size_t segment_bytes = 0;   ///< under way
    std::size_t segments = 0;        ///< pieces under way
  };

  bool look();
  Peer& peer(Address to) { return peers_[static_cast<std::size_t>(to)]; }
  const Peer& peer(Address to) const { return peers_[static_cast<std::size_t>(to)]; }
  bool fill_channels();
  void send_packets(Address to, Peer& peer);
  void send_segments(Address to, Peer& peer);
  bool start_packet(Address to, Peer& peer, detail::ByteBuffer& bytes);
  void start_packet_piece(Peer& peer, const std::byte* from, Message message);

  const Communicator& communicator_;
  MpiOptions options_;
  MpiTags tags_;
  NodeChannels& channels_;
  std::vector<Peer> peers_;
  std::vector<Address> full_;  ///< who is reached by channel, and had no room for all packets there or in its window
  MpiRequests<Message> under_way_;
  std::vector<MpiRequests<Message>::Ended> ended_;
  std::size_t waiting_ = 0;  ///< packets and transfers of all peers that are not wholly under way
  unsigned polls_ = 0;
  SpareBuffers spare_;
};

}  // namespace cohort::transport
