#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "transport/mpi_communicator.hpp"
#include "transport/mpi_endpoint.hpp"
#include "transport/mpi_requests.hpp"
#include "transport/mpi_tags.hpp"
#include "transport/node_channels.hpp"

namespace cohort::transport {

/// The receiving half of an MPI endpoint.
///
/// Short packets, and the beginnings of long ones, come into receives that were posted before them: MPI then copies
/// once and a look costs least. MPI fills them in the order in which they were posted. From ranks of the same node they
/// come through its channels, and of MPI only the rests of long ones and segments are waited for.
class MpiInbound {
 public:
  MpiInbound(const Communicator& communicator, const MpiOptions& options, MpiTags tags, NodeChannels& channels);

  std::uint64_t receive(Address from, TransferId transfer, detail::MutableSegment into);
  /// `sending`: MPI has something to send. Returns whether anything arrived.
  bool poll(Sink& sink, bool sending);
  /// No segment, and no rest of a long packet.
  bool expects_packets_only() const { return under_way_.empty() && received_.empty() && begun_.empty(); }
  /// Withdraws what nothing has come for. Returns whether nothing is left that MPI still writes to.
  bool give_up();

 private:
  struct Posted {
    detail::ByteBuffer bytes;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  /// A long packet of which the rest is not there yet.
  struct Begun {
    detail::ByteBuffer bytes;
    MPI_Request request = MPI_REQUEST_NULL;  ///< of the piece under way, if any
    std::size_t piece_bytes = 0;             ///< its length
    std::deque<detail::ByteBuffer> behind;   ///< what came in after it from the same rank
  };
  struct SegmentPiece {
    std::uint64_t ticket;
    std::size_t bytes;
  };

  bool mpi_is_due(bool moved);
  bool poll_segments(Sink& sink);
  void post(Posted& posted);
  void post_taken();
  bool take_next(Sink& sink);
  void take(Address from, std::span<const std::byte> bytes, Sink& sink);
  bool poll_rests(Sink& sink);
  bool move_on(Address from, Begun& begun, bool& complete);

  static constexpr std::size_t kPosted = 8;

  const Communicator& communicator_;
  MpiOptions options_;
  MpiTags tags_;
  NodeChannels& channels_;
  unsigned polls_ = 0;
  base::Time last_look_{};  ///< at MPI, while nothing was expected of it
  std::array<Posted, kPosted> posted_;
  detail::ByteBuffer spare_;
  std::size_t next_ = 0;   ///< of them: the one that was posted first
  std::size_t taken_ = 0;  ///< how many before it were taken, and not posted again
  std::unordered_map<Address, Begun> begun_;
  MpiRequests<SegmentPiece> under_way_;
  std::vector<MpiRequests<SegmentPiece>::Ended> ended_;
  std::unordered_map<std::uint64_t, std::size_t> pieces_left_;  ///< by ticket, of those with several
  std::deque<std::uint64_t> received_;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace cohort::transport
