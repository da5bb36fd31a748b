#include "transport/mailbox.hpp"

#include <algorithm>
#include <utility>

namespace cohort::transport {

Mailbox::Mailbox(Endpoint& endpoint)
    : endpoint_(endpoint),
      batches_(static_cast<std::size_t>(endpoint.size())),
      next_transfer_(static_cast<std::size_t>(endpoint.size()), 1) {}

TransferId Mailbox::new_transfer(Address to) {
  TransferId& next = next_transfer_[static_cast<std::size_t>(to)];
  return std::exchange(next, next == UINT32_MAX ? 1 : next + 1);
}

bool Mailbox::post_value(Address to, wire::ValueIs message, std::vector<detail::ConstSegment> segments,
                         std::shared_ptr<const void> keeps) {
  if (segments.empty()) {
    post(to, message);
    return false;
  }
  message.transfer = new_transfer(to);
  message.segment_bytes.clear();
  for (const detail::ConstSegment& segment : segments) {
    message.segment_bytes.push_back(segment.size);
    traffic_.bytes_sent += segment.size;
  }
  bool could_be_shared = false;
  if (endpoint_.shares_memory_with(to)) {
    could_be_shared = shared_.offer(to, message, segments, keeps, [&] { return new_transfer(to); });
  }
  // One packet carries one transfer: what was posted before leaves first, this message goes with its segments.
  flush(to);
  Packet packet;
  wire::append(packet.bytes, message);
  if (!segments.empty()) {
    packet.segments = std::move(segments);
    packet.transfer = message.transfer;
    packet.keeps = std::move(keeps);
  }
  ++traffic_.messages_sent;
  ++traffic_.packets_sent;
  traffic_.bytes_sent += packet.bytes.size();
  endpoint_.send(to, std::move(packet));
  return could_be_shared;
}

std::uint64_t Mailbox::receive(Address from, TransferId transfer, detail::MutableSegment into) {
  traffic_.bytes_received += into.size;
  const SharedSegments::Received received = shared_.receive(from, transfer, into);
  if (received.ticket != 0) return received.ticket;
  if (received.ask_for != 0) {
    post(from, wire::Resend{received.ask_for});
    flush(from);
    transfer = received.ask_for;
  }
  return endpoint_.receive(from, transfer, into);
}

void Mailbox::flush(Address to) {
  Batch& batch = batches_[static_cast<std::size_t>(to)];
  if (batch.bytes.empty()) return;
  std::erase(waiting_, to);
  batch.older = false;
  ++traffic_.packets_sent;
  traffic_.bytes_sent += batch.bytes.size();
  if (endpoint_.send_copied(to, batch.bytes.view())) return batch.bytes.clear();
  Packet packet;
  packet.bytes = std::exchange(batch.bytes, endpoint_.spare_buffer());
  batch.bytes.reserve(packet.bytes.size());  // the next one is often as long: it need not grow step by step
  endpoint_.send(to, std::move(packet));
}

void Mailbox::flush() {
  while (!waiting_.empty()) flush(waiting_.back());
}

void Mailbox::flush_all_but(Address kept) {
  for (std::size_t i = waiting_.size(); i-- > 0;) {
    if (waiting_[i] != kept) flush(waiting_[i]);
  }
}

void Mailbox::flush_older() {
  for (std::size_t i = waiting_.size(); i-- > 0;) {
    Batch& batch = batches_[static_cast<std::size_t>(waiting_[i])];
    if (std::exchange(batch.older, true)) flush(waiting_[i]);
  }
}

bool Mailbox::poll(Receiver& receiver) {
  receiver_ = &receiver;
  bool any = endpoint_.poll(*this);
  while (const std::uint64_t ticket = shared_.take_received()) {
    any = true;
    receiver.on_received(ticket);
  }
  shared_.let_go();
  return any;
}

void Mailbox::on_packet(Address from, std::span<const std::byte> bytes) {
  ++traffic_.packets_received;
  traffic_.bytes_received += bytes.size();
  wire::Reader reader(bytes);
  while (wire::Message* const message = reader.next(messages_)) {
    ++traffic_.messages_received;
    if (const auto* value = std::get_if<wire::ValueIs>(message)) {
      if (!value->shared.empty()) shared_.on_offered(from, *value);
    } else if (const auto* resend = std::get_if<wire::Resend>(message)) {
      endpoint_.send(from, shared_.withdraw(from, resend->transfer));
      continue;
    }
    receiver_->on_message(from, *message);
  }
  receiver_->on_messages_end(from);
}

void Mailbox::on_received(std::uint64_t ticket) { receiver_->on_received(ticket); }

}  // namespace cohort::transport
