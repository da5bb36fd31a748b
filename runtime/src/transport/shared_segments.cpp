#include "transport/shared_segments.hpp"

#include <algorithm>
#include <string>

namespace cohort::transport {
namespace {

constexpr std::size_t kLooksPerPoll = 2;
/// Whether a receiver is dead costs a system call.
constexpr std::uint32_t kLooksPerCheck = 256;
/// So many in vain, and none that went well: it cannot map memory of ours.
constexpr std::uint32_t kTries = 3;
/// Above all tickets of an endpoint, which count from 1.
constexpr std::uint64_t kFirstTicket = std::uint64_t{1} << 63;

base::SharedMemory& memory() { return base::SharedMemory::of_process(); }

}  // namespace

SharedSegments::~SharedSegments() {
  for (const Offered& offered : offered_) memory().leave_for_ever(offered.segment.data);
}

bool SharedSegments::offer(Address to, wire::ValueIs& message, std::vector<detail::ConstSegment>& segments,
                           const std::shared_ptr<const void>& keeps, const std::function<TransferId()>& new_transfer) {
  const Peer& peer = peers_[to];
  if (peer.mapped == 0 && peer.refused >= kTries) return false;
  bool any_other = false;
  std::vector<detail::ConstSegment> others;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const detail::ConstSegment& segment = segments[i];
    const auto place = memory().share(segment.data, segment.size);
    if (!place) {
      any_other = any_other || segment.size >= base::SharedMemory::kLeastBytes;
      others.push_back(segment);
      continue;
    }
    const TransferId transfer = new_transfer();
    message.shared.push_back({static_cast<std::uint32_t>(i), transfer, *place});
    offered_.push_back({to, transfer, place->use, segment, keeps});
  }
  segments = std::move(others);
  return any_other;
}

Packet SharedSegments::withdraw(Address to, TransferId transfer) {
  const auto found = std::find_if(offered_.begin(), offered_.end(),
                                  [&](const Offered& each) { return each.to == to && each.transfer == transfer; });
  if (found == offered_.end()) {
    throw TransportError("address " + std::to_string(to) + " asks for transfer " + std::to_string(transfer) +
                         ", which it was not offered");
  }
  memory().end_use(found->use);
  ++peers_[to].refused;
  Packet packet;
  packet.segments.push_back(found->segment);
  packet.transfer = transfer;
  packet.keeps = std::move(found->keeps);
  offered_.erase(found);
  return packet;
}

void SharedSegments::look_at_offered() {
  for (std::size_t look = std::min(kLooksPerPoll, offered_.size()); look > 0; --look) {
    if (next_look_ >= offered_.size()) next_look_ = 0;
    Offered& offered = offered_[next_look_];
    const bool over =
        ++looks_ % kLooksPerCheck == 0 ? memory().is_over_or_abandoned(offered.use) : memory().is_over(offered.use);
    if (!over) {
      ++next_look_;
      continue;
    }
    ++peers_[offered.to].mapped;
    const auto kept = std::move(offered.keeps);  // what its end does is done last
    if (next_look_ + 1 != offered_.size()) offered = std::move(offered_.back());
    offered_.pop_back();
  }
}

void SharedSegments::on_offered(Address from, const wire::ValueIs& message) {
  Incoming& incoming = incoming_[{from, message.transfer}];
  incoming = {message.shared, message.segment_bytes.size(), 0};
}

SharedSegments::Received SharedSegments::receive(Address from, TransferId transfer, detail::MutableSegment into) {
  if (incoming_.empty()) return {};
  const auto found = incoming_.find({from, transfer});
  if (found == incoming_.end()) return {};
  Incoming& incoming = found->second;
  const std::size_t index = incoming.next++;
  const auto shared = std::find_if(incoming.shared.begin(), incoming.shared.end(),
                                   [&](const wire::SharedSegment& each) { return each.index == index; });
  Received received;
  if (shared != incoming.shared.end()) {
    if (memory().map(shared->place, into.data, into.size)) {
      received.ticket = kFirstTicket + ++last_ticket_;
      received_.push_back(received.ticket);
    } else {
      received.ask_for = shared->transfer;
    }
  }
  if (incoming.next == incoming.segments) incoming_.erase(found);
  return received;
}

}  // namespace cohort::transport
