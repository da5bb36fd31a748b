#include "transport/mpi_inbound.hpp"

#include <algorithm>
#include <utility>

#include "transport/check_send.hpp"

namespace cohort::transport {
namespace {

constexpr int kPacketsPerPoll = 16;
constexpr std::size_t kIncompletePackets = 16;

bool test(MPI_Request& request) {
  int done = 0;
  check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
  return done != 0;
}

std::size_t received_bytes(const MPI_Status& status) {
  int count = 0;
  check_mpi(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
  return static_cast<std::size_t>(count);
}

}  // namespace

MpiInbound::MpiInbound(const Communicator& communicator, const MpiOptions& options, MpiTags tags)
    : communicator_(communicator), options_(options), tags_(tags) {}

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

bool MpiInbound::poll(Sink& sink) {
  bool moved = poll_segments(sink);
  moved = deliver_arrivals(sink) || moved;
  for (int taken = 0; taken < kPacketsPerPoll && arrivals_.size() < kIncompletePackets; ++taken) {
    if (!take_next(sink)) break;
    moved = true;
  }
  return moved;
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

bool MpiInbound::deliver_arrivals(Sink& sink) {
  bool moved = false;
  for (std::size_t i = 0; i < arrivals_.size();) {
    Arrival& arrival = arrivals_[i];
    if (!arrival.complete) arrival.complete = test(arrival.request);
    if (!arrival.complete || waits_behind_earlier(i, arrival.from)) {
      ++i;
      continue;
    }
    Arrival ready = std::move(arrival);
    arrivals_.erase(arrivals_.begin() + static_cast<std::ptrdiff_t>(i));
    deliver(std::move(ready), sink);
    moved = true;
  }
  return moved;
}

bool MpiInbound::waits_behind_earlier(std::size_t arrivals_before, Address from) const {
  const auto end = arrivals_.begin() + static_cast<std::ptrdiff_t>(arrivals_before);
  return std::any_of(arrivals_.begin(), end, [from](const Arrival& earlier) { return earlier.from == from; });
}

bool MpiInbound::take_next(Sink& sink) {
  Arrival arrival{};
  if (!probe(arrival)) return false;
  arrival.complete = test(arrival.request);
  if (arrival.complete && !waits_behind_earlier(arrivals_.size(), arrival.from)) {
    deliver(std::move(arrival), sink);
  } else {
    arrivals_.push_back(std::move(arrival));
  }
  return true;
}

bool MpiInbound::probe(Arrival& arrival) {
  MPI_Comm comm = communicator_.get();
  MPI_Status status;
  int found = 0;
  if (options_.matched_probes) {
    MPI_Message message = MPI_MESSAGE_NULL;
    check_mpi(MPI_Improbe(MPI_ANY_SOURCE, MpiTags::kPacket, comm, &found, &message, &status), "MPI_Improbe");
    if (found == 0) return false;
    const std::size_t bytes = received_bytes(status);
    arrival.bytes = spare_.take();
    check_mpi(MPI_Imrecv(arrival.bytes.extend(bytes), to_mpi_count(bytes), MPI_BYTE, &message, &arrival.request),
              "MPI_Imrecv");
  } else {
    check_mpi(MPI_Iprobe(MPI_ANY_SOURCE, MpiTags::kPacket, comm, &found, &status), "MPI_Iprobe");
    if (found == 0) return false;
    const std::size_t bytes = received_bytes(status);
    arrival.bytes = spare_.take();
    // Gets the very message: nobody else receives in this communicator, and messages of one rank do not overtake.
    check_mpi(MPI_Irecv(arrival.bytes.extend(bytes), to_mpi_count(bytes), MPI_BYTE, status.MPI_SOURCE, MpiTags::kPacket,
                        comm, &arrival.request),
              "MPI_Irecv");
  }
  arrival.from = status.MPI_SOURCE;
  return true;
}

void MpiInbound::deliver(Arrival arrival, Sink& sink) {
  const bool last = arrival.bytes.size() < options_.piece_bytes;
  if (!begun_.empty() || !last) {
    const auto begun = begun_.try_emplace(arrival.from).first;
    begun->second.append(arrival.bytes.data(), arrival.bytes.size());
    if (!last) return;
    arrival.bytes = std::move(begun->second);
    begun_.erase(begun);
  }
  sink.on_packet(arrival.from, arrival.bytes);
  spare_.give(std::move(arrival.bytes));
}

bool MpiInbound::give_up() {
  bool complete = true;
  for (Arrival& arrival : arrivals_) {
    if (arrival.complete) continue;
    complete = false;
    keep_for_ever(std::move(arrival.bytes));
  }
  under_way_.cancel();
  return under_way_.give_up() && complete;
}

}  // namespace cohort::transport
