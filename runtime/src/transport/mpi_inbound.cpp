#include "transport/mpi_inbound.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/cycle_clock.hpp"
#include "transport/check_send.hpp"

namespace cohort::transport {
namespace {

constexpr int kPacketsPerPoll = 16;
constexpr int kStepsPerPoll = 32;
// Where nothing is expected of MPI: it may have something to do all the same, after collective operations say.
constexpr unsigned kPollsPerLookAtMpi = 64;
constexpr base::Time kMpiIsLookedAtAfter = std::chrono::milliseconds(1);

bool test(MPI_Request& request, MPI_Status* status) {
  int done = 0;
  check_mpi(MPI_Test(&request, &done, status), "MPI_Test");
  return done != 0;
}

std::size_t received_bytes(const MPI_Status& status) {
  int count = 0;
  check_mpi(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
  return static_cast<std::size_t>(count);
}

}  // namespace

MpiInbound::MpiInbound(const Communicator& communicator, const MpiOptions& options, MpiTags tags,
                       NodeChannels& channels)
    : communicator_(communicator), options_(options), tags_(tags), channels_(channels) {
  for (Posted& posted : posted_) post(posted);
}

std::uint64_t MpiInbound::receive(Address from, TransferId transfer, detail::MutableSegment into) {
  const std::uint64_t ticket = ++last_ticket_;
  std::size_t pieces = 0;
  std::size_t at = 0;
  do {
    const std::size_t bytes = std::min(options_.piece_bytes, into.size - at);
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Irecv(into.data + at, to_mpi_count(bytes), MPI_BYTE, from, tags_.of_transfer(transfer),
                        communicator_.get(), &request),
              "MPI_Irecv");
    under_way_.add(request, {ticket, bytes});
    at += bytes;
    ++pieces;
  } while (at < into.size);
  if (pieces > 1) pieces_left_.emplace(ticket, pieces);
  return ticket;
}

bool MpiInbound::poll(Sink& sink, bool sending) {
  bool moved = channels_.poll([&](Address from, std::span<const std::byte> bytes) { take(from, bytes, sink); });
  if (!sending && expects_packets_only() && channels_.everybody_writes_here() && !mpi_is_due(moved)) return moved;
  moved = poll_segments(sink) || moved;
  if (!begun_.empty()) moved = poll_rests(sink) || moved;
  // Not at once: who takes a packet wants to go on with what was in it.
  post_taken();
  for (int taken = 0; taken < kPacketsPerPoll && take_next(sink); ++taken) moved = true;
  return moved;
}

bool MpiInbound::mpi_is_due(bool moved) {
  if (++polls_ % kPollsPerLookAtMpi == 0) return true;
  if (moved) return false;  // whoever has got something goes on with that
  const base::Time now = base::steady_now();
  if (now - last_look_ < kMpiIsLookedAtAfter) return false;
  last_look_ = now;
  return true;
}

bool MpiInbound::poll_segments(Sink& sink) {
  if (under_way_.empty() && received_.empty()) return false;
  under_way_.take_ended(ended_);
  for (const auto& [piece, status] : ended_) {
    check_length(received_bytes(status), piece.bytes);
    const auto left = pieces_left_.find(piece.ticket);
    if (left != pieces_left_.end()) {
      if (--left->second != 0) continue;
      pieces_left_.erase(left);
    }
    received_.push_back(piece.ticket);
  }
  const bool moved = !ended_.empty() || !received_.empty();
  ended_.clear();
  while (!received_.empty()) {
    const std::uint64_t ticket = received_.front();
    received_.pop_front();
    sink.on_received(ticket);
  }
  return moved;
}

void MpiInbound::post(Posted& posted) {
  posted.bytes.clear();
  check_mpi(MPI_Irecv(posted.bytes.extend(options_.short_packet_bytes), to_mpi_count(options_.short_packet_bytes),
                      MPI_BYTE, MPI_ANY_SOURCE, MpiTags::kPacket, communicator_.get(), &posted.request),
            "MPI_Irecv");
}

void MpiInbound::post_taken() {
  for (; taken_ > 0; --taken_) post(posted_[(next_ + kPosted - taken_) % kPosted]);
}

bool MpiInbound::take_next(Sink& sink) {
  if (taken_ == kPosted) post_taken();
  Posted& posted = posted_[next_];
  MPI_Status status;
  if (!test(posted.request, &status)) return false;
  next_ = (next_ + 1) % kPosted;
  ++taken_;
  detail::ByteBuffer bytes = std::exchange(posted.bytes, std::move(spare_));
  bytes.clear();
  bytes.extend(received_bytes(status));
  take(status.MPI_SOURCE, bytes.view(), sink);
  spare_ = std::move(bytes);
  return true;
}

/// A packet or the beginning of one. Packets of one rank are delivered in order.
void MpiInbound::take(Address from, std::span<const std::byte> bytes, Sink& sink) {
  if (!begun_.empty()) {
    const auto begun = begun_.find(from);
    if (begun != begun_.end()) {
      begun->second.behind.emplace_back(bytes);
      return;
    }
  }
  if (bytes.size() < options_.short_packet_bytes) {
    sink.on_packet(from, bytes);
  } else {
    begun_[from].bytes.append(bytes.data(), bytes.size());
  }
}

bool MpiInbound::poll_rests(Sink& sink) {
  bool moved = false;
  for (auto it = begun_.begin(); it != begun_.end();) {
    const Address from = it->first;
    bool complete = false;
    for (int step = 0; step < kStepsPerPoll && !complete && move_on(from, it->second, complete); ++step) moved = true;
    if (!complete) {
      ++it;
      continue;
    }
    Begun ended = std::move(it->second);
    it = begun_.erase(it);
    sink.on_packet(from, ended.bytes.view());
    for (const detail::ByteBuffer& bytes : ended.behind) take(from, bytes.view(), sink);
    if (begun_.count(from) != 0) return true;  // one of those is long itself; iterators are no longer of use
  }
  return moved;
}

/// Receives the pieces of a packet's rest, one after the other. Returns whether anything happened.
bool MpiInbound::move_on(Address from, Begun& begun, bool& complete) {
  if (begun.request != MPI_REQUEST_NULL) {
    if (!test(begun.request, MPI_STATUS_IGNORE)) return false;
    complete = begun.piece_bytes < options_.piece_bytes;
    return true;
  }
  MPI_Comm comm = communicator_.get();
  MPI_Status status;
  int found = 0;
  check_mpi(MPI_Iprobe(from, MpiTags::kRest, comm, &found, &status), "MPI_Iprobe");
  if (found == 0) return false;
  begun.piece_bytes = received_bytes(status);
  // Gets the very message: nobody else receives in this communicator, and messages of one rank do not overtake.
  check_mpi(MPI_Irecv(begun.bytes.extend(begun.piece_bytes), to_mpi_count(begun.piece_bytes), MPI_BYTE, from,
                      MpiTags::kRest, comm, &begun.request),
            "MPI_Irecv");
  return true;
}

bool MpiInbound::give_up() {
  bool complete = true;
  const auto withdraw = [&](MPI_Request& request, detail::ByteBuffer& bytes) {
    if (request == MPI_REQUEST_NULL) return;
    int done = 0;
    MPI_Cancel(&request);
    if (MPI_Test(&request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0) return;
    complete = false;
    keep_for_ever(std::move(bytes));
  };
  for (Posted& posted : posted_) withdraw(posted.request, posted.bytes);
  for (auto& [from, begun] : begun_) withdraw(begun.request, begun.bytes);
  under_way_.cancel();
  return under_way_.give_up() && complete;
}

}  // namespace cohort::transport
