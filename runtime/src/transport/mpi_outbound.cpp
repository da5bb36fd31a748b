#include "transport/mpi_outbound.hpp"

#include <algorithm>
#include <utility>

namespace cohort::transport {
namespace {

// What MPI needs beside the bytes to keep a message that nobody has asked for.
constexpr std::size_t kMessageOverheadBytes = 128;
constexpr std::size_t kMarksPerWindow = 16;
constexpr std::size_t kSegmentPiecesAtOnce = 32;
// Where nothing waits for what is under way to have left, it is looked at that rarely: it stands between a value and
// who waits for it. MPI itself is looked at with each poll meanwhile (MpiInbound).
constexpr unsigned kPollsPerLook = 8;
// Longer ones have hardly ever left when MPI_Isend returns.
constexpr std::size_t kTestAtOnceBytes = 64 * 1024;

}  // namespace

MpiOutbound::MpiOutbound(const Communicator& communicator, const MpiOptions& options, MpiTags tags,
                         NodeChannels& channels)
    : communicator_(communicator),
      options_(options),
      tags_(tags),
      channels_(channels),
      peers_(static_cast<std::size_t>(communicator.size())) {}

void MpiOutbound::send(Address to, Packet packet) {
  Peer& target = peer(to);
  target.unsent_bytes += packet.bytes.size();
  if (!target.packets.empty() || !start_packet(to, target, packet.bytes)) {
    if (channels_.reaches(to) && std::find(full_.begin(), full_.end(), to) == full_.end()) full_.push_back(to);
    target.packets.push_back(std::move(packet.bytes));
    ++waiting_;
  }
  if (packet.segments.empty()) return;
  for (const detail::ConstSegment& segment : packet.segments) target.unsent_bytes += segment.size;
  target.transfers.push_back({std::move(packet.segments), std::move(packet.keeps), tags_.of_transfer(packet.transfer)});
  ++waiting_;
  send_segments(to, target);
}

bool MpiOutbound::poll() {
  const bool moved = !full_.empty() && fill_channels();
  if (under_way_.empty() || (waiting_ == 0 && ++polls_ % kPollsPerLook != 0)) return moved;
  return look() || moved;
}

/// Returns whether there was room for anything.
bool MpiOutbound::fill_channels() {
  const std::size_t before = waiting_;
  for (std::size_t i = full_.size(); i-- > 0;) {
    Peer& target = peer(full_[i]);
    send_packets(full_[i], target);
    if (!target.packets.empty()) continue;
    full_[i] = full_.back();
    full_.pop_back();
  }
  return waiting_ < before;
}

bool MpiOutbound::look() {
  under_way_.take_ended(ended_);
  if (ended_.empty()) return false;
  for (auto& [message, status] : ended_) {
    Peer& target = peer(message.to);
    spare_.give(std::move(message.buffer));
    target.unsent_bytes -= message.bytes;
    target.window_bytes -= message.opens_bytes;
    if (message.segment) {
      target.segment_bytes -= message.bytes;
      --target.segments;
    }
  }
  for (const auto& [message, status] : ended_) {
    send_packets(message.to, peer(message.to));
    send_segments(message.to, peer(message.to));
  }
  ended_.clear();
  return true;
}

void MpiOutbound::send_packets(Address to, Peer& target) {
  while (!target.packets.empty() && start_packet(to, target, target.packets.front())) {
    target.packets.pop_front();
    --waiting_;
  }
}

/// Returns false, and does nothing, if there is no room for it on the way.
bool MpiOutbound::start_packet(Address to, Peer& target, detail::ByteBuffer& bytes) {
  if (target.window_bytes >= options_.window_bytes) return false;
  const std::size_t size = bytes.size();
  const bool is_short = size < options_.short_packet_bytes;
  const std::size_t first = is_short ? size : options_.short_packet_bytes;
  const bool by_channel = channels_.reaches(to);
  if (by_channel) {
    if (!channels_.send(to, bytes.view().first(first))) return false;
    target.unsent_bytes -= first;
  }
  if (is_short) {
    if (by_channel) {
      spare_.give(std::move(bytes));
    } else {
      const std::byte* from = bytes.data();
      start_packet_piece(target, from, {to, size, MpiTags::kPacket, false, 0, std::move(bytes), nullptr});
    }
    return true;
  }
  const auto whole = std::make_shared<const detail::ByteBuffer>(std::move(bytes));
  if (!by_channel) start_packet_piece(target, whole->data(), {to, first, MpiTags::kPacket, false, 0, {}, whole});
  for (std::size_t at = first;; at += options_.piece_bytes) {
    const std::size_t count = std::min(options_.piece_bytes, size - at);
    start_packet_piece(target, whole->data() + at, {to, count, MpiTags::kRest, false, 0, {}, whole});
    if (count < options_.piece_bytes) return true;
  }
}

void MpiOutbound::start_packet_piece(Peer& target, const std::byte* from, Message message) {
  const int count = to_mpi_count(message.bytes);
  target.window_bytes += message.bytes + kMessageOverheadBytes;
  target.unmarked_bytes += message.bytes + kMessageOverheadBytes;
  MPI_Request request = MPI_REQUEST_NULL;
  if (target.unmarked_bytes >= options_.window_bytes / kMarksPerWindow) {
    message.opens_bytes = std::exchange(target.unmarked_bytes, 0);
    check_mpi(MPI_Issend(from, count, MPI_BYTE, message.to, message.tag, communicator_.get(), &request), "MPI_Issend");
  } else {
    check_mpi(MPI_Isend(from, count, MPI_BYTE, message.to, message.tag, communicator_.get(), &request), "MPI_Isend");
    if (message.bytes <= kTestAtOnceBytes) {
      int done = 0;
      check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
      if (done != 0) {
        target.unsent_bytes -= message.bytes;
        spare_.give(std::move(message.buffer));
        return;
      }
    }
  }
  under_way_.add(request, std::move(message));
}

void MpiOutbound::send_segments(Address to, Peer& target) {
  while (!target.transfers.empty() && target.segments < kSegmentPiecesAtOnce) {
    Transfer& transfer = target.transfers.front();
    const detail::ConstSegment segment = transfer.segments[transfer.next];
    const std::size_t bytes = std::min(options_.piece_bytes, segment.size - transfer.sent_bytes);
    if (target.segments != 0 && target.segment_bytes + bytes > options_.segment_window_bytes) return;
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Issend(segment.data + transfer.sent_bytes, to_mpi_count(bytes), MPI_BYTE, to, transfer.tag,
                         communicator_.get(), &request),
              "MPI_Issend");
    under_way_.add(request, {to, bytes, transfer.tag, true, 0, {}, transfer.keeps});
    target.segment_bytes += bytes;
    ++target.segments;
    transfer.sent_bytes += bytes;
    if (transfer.sent_bytes < segment.size) continue;
    transfer.sent_bytes = 0;
    if (++transfer.next < transfer.segments.size()) continue;
    target.transfers.pop_front();
    --waiting_;
  }
}

}  // namespace cohort::transport
