#include "transport/in_process.hpp"

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "transport/check_send.hpp"

namespace cohort::transport {
namespace {

struct Arrival {
  Address from;
  Packet packet;
};

/// Where packets for one endpoint wait.
class Inbox {
 public:
  void open(base::Doorbell* bell) {
    std::lock_guard lock(mutex_);
    bell_ = bell;
    open_ = true;
  }
  /// Returns what nobody will take any more.
  std::vector<Arrival> close() {
    std::lock_guard lock(mutex_);
    bell_ = nullptr;
    open_ = false;
    return std::exchange(arrivals_, {});
  }
  /// Leaves `arrival` alone and returns false if the owner is gone.
  bool put(Arrival& arrival) {
    std::lock_guard lock(mutex_);
    if (!open_) return false;
    arrivals_.push_back(std::move(arrival));
    any_.store(true, std::memory_order_release);
    if (bell_ != nullptr) bell_->ring();
    return true;
  }
  /// Swaps all that has arrived with `taken`, which is empty.
  void take(std::vector<Arrival>& taken) {
    // Who only looks does not hold up who puts.
    if (!any_.load(std::memory_order_acquire)) return;
    std::lock_guard lock(mutex_);
    any_.store(false, std::memory_order_relaxed);
    arrivals_.swap(taken);
  }
  // Under the lock, so that the bell is not destroyed meanwhile.
  void ring() {
    std::lock_guard lock(mutex_);
    if (bell_ != nullptr) bell_->ring();
  }

 private:
  std::mutex mutex_;
  base::Doorbell* bell_ = nullptr;
  bool open_ = false;
  std::atomic<bool> any_ = false;
  std::vector<Arrival> arrivals_;
};

/// What the endpoints share; lives as long as the last of them.
struct Exchange {
  explicit Exchange(std::size_t members) : size(members), inboxes(members), unsent(members * members) {}

  Inbox& inbox(Address of) { return inboxes[static_cast<std::size_t>(of)]; }
  std::atomic<std::size_t>& unsent_bytes(Address from, Address to) {
    return unsent[static_cast<std::size_t>(from) * size + static_cast<std::size_t>(to)];
  }

  std::size_t size;
  std::vector<Inbox> inboxes;
  std::vector<std::atomic<std::size_t>> unsent;
};

/// The receiver's side of one transfer. One of the two queues is always empty.
struct Inflow {
  struct Posted {
    detail::MutableSegment into;
    std::uint64_t ticket;
  };
  std::deque<detail::ConstSegment> segments;
  std::shared_ptr<const void> keeps;
  std::deque<Posted> posted;
};

class InProcessEndpoint final : public Endpoint {
 public:
  InProcessEndpoint(std::shared_ptr<Exchange> exchange, Address address, base::Doorbell* bell)
      : exchange_(std::move(exchange)), inbox_(exchange_->inbox(address)), address_(address) {
    inbox_.open(bell);
  }

  ~InProcessEndpoint() override {
    for (Arrival& arrival : inbox_.close()) undelivered_.push_back(std::move(arrival));
    for (; next_undelivered_ < undelivered_.size(); ++next_undelivered_) {
      Arrival& arrival = undelivered_[next_undelivered_];
      drop(arrival.from, arrival.packet.segments, arrival.packet.keeps);
    }
    for (auto& [key, inflow] : inflows_) drop(sender_of(key), inflow.segments, inflow.keeps);
  }

  Address address() const override { return address_; }
  int size() const override { return static_cast<int>(exchange_->size); }
  bool rings() const override { return true; }

  void send(Address to, Packet packet) override {
    check_peer(address_, size(), to);
    check_packet(packet);
    std::size_t bytes = 0;
    for (const detail::ConstSegment& segment : packet.segments) bytes += segment.size;
    std::atomic<std::size_t>& unsent = exchange_->unsent_bytes(address_, to);
    unsent.fetch_add(bytes, std::memory_order_relaxed);
    Arrival arrival{address_, std::move(packet)};
    if (!exchange_->inbox(to).put(arrival)) unsent.fetch_sub(bytes, std::memory_order_relaxed);
  }

  std::uint64_t receive(Address from, TransferId transfer, detail::MutableSegment into) override {
    check_peer(address_, size(), from);
    const std::uint64_t key = key_of(from, transfer);
    const std::uint64_t ticket = ++last_ticket_;
    Inflow& inflow = inflows_[key];
    inflow.posted.push_back({into, ticket});
    copy(key, inflow);
    if (!received_.empty()) inbox_.ring();
    return ticket;
  }

  bool poll(Sink& sink) override {
    bool moved = deliver_received(sink);
    // Left over only if the sink threw.
    if (next_undelivered_ == undelivered_.size()) {
      undelivered_.clear();
      next_undelivered_ = 0;
      inbox_.take(undelivered_);
    }
    while (next_undelivered_ < undelivered_.size()) {
      Arrival& arrival = undelivered_[next_undelivered_++];
      arrive(arrival);
      sink.on_packet(arrival.from, arrival.packet.bytes.view());
      moved = true;
    }
    return deliver_received(sink) || moved;
  }

  std::size_t unsent_bytes(Address to) const override {
    check_peer(address_, size(), to);
    return exchange_->unsent_bytes(address_, to).load(std::memory_order_acquire);
  }
  bool all_sent() override {
    for (Address to = 0; to < size(); ++to) {
      if (exchange_->unsent_bytes(address_, to).load(std::memory_order_acquire) != 0) return false;
    }
    return true;
  }

 private:
  static std::uint64_t key_of(Address from, TransferId transfer) {
    return static_cast<std::uint64_t>(from) << 32 | transfer;
  }
  static Address sender_of(std::uint64_t key) { return static_cast<Address>(key >> 32); }

  /// Makes the packet's segments ready to be received.
  void arrive(Arrival& arrival) {
    Packet& packet = arrival.packet;
    if (packet.segments.empty()) {
      packet.keeps.reset();
      return;
    }
    const std::uint64_t key = key_of(arrival.from, packet.transfer);
    Inflow& inflow = inflows_[key];
    inflow.segments.assign(packet.segments.begin(), packet.segments.end());
    inflow.keeps = std::move(packet.keeps);
    copy(key, inflow);
  }

  /// Copies what is both there and asked for; forgets the transfer once all of it is copied.
  void copy(std::uint64_t key, Inflow& inflow) {
    const Address from = sender_of(key);
    while (!inflow.segments.empty() && !inflow.posted.empty()) {
      const detail::ConstSegment segment = inflow.segments.front();
      const Inflow::Posted posted = inflow.posted.front();
      check_length(segment.size, posted.into.size);
      if (segment.size != 0) std::memcpy(posted.into.data, segment.data, segment.size);
      inflow.segments.pop_front();
      inflow.posted.pop_front();
      received_.push_back(posted.ticket);
      if (inflow.segments.empty()) {
        end_transfer(from, inflow.keeps, segment.size);
        inflows_.erase(key);
        return;
      }
      exchange_->unsent_bytes(from, address_).fetch_sub(segment.size, std::memory_order_release);
    }
  }

  template <class Segments>
  void drop(Address from, const Segments& segments, std::shared_ptr<const void>& keeps) {
    if (segments.empty()) return;
    std::size_t bytes = 0;
    for (const detail::ConstSegment& segment : segments) bytes += segment.size;
    end_transfer(from, keeps, bytes);
  }

  void end_transfer(Address from, std::shared_ptr<const void>& keeps, std::size_t last_bytes) {
    keeps.reset();
    exchange_->unsent_bytes(from, address_).fetch_sub(last_bytes, std::memory_order_release);
    exchange_->inbox(from).ring();
  }

  bool deliver_received(Sink& sink) {
    const bool any = !received_.empty();
    while (!received_.empty()) {
      const std::uint64_t ticket = received_.front();
      received_.pop_front();
      sink.on_received(ticket);
    }
    return any;
  }

  std::shared_ptr<Exchange> exchange_;
  Inbox& inbox_;
  Address address_;
  std::vector<Arrival> undelivered_;
  std::size_t next_undelivered_ = 0;
  std::unordered_map<std::uint64_t, Inflow> inflows_;
  std::deque<std::uint64_t> received_;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace

std::vector<std::unique_ptr<Endpoint>> make_in_process(const std::vector<base::Doorbell*>& bells) {
  auto exchange = std::make_shared<Exchange>(bells.size());
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  endpoints.reserve(bells.size());
  for (std::size_t i = 0; i < bells.size(); ++i) {
    endpoints.push_back(std::make_unique<InProcessEndpoint>(exchange, static_cast<Address>(i), bells[i]));
  }
  return endpoints;
}

}  // namespace cohort::transport
