#include "transport/joined.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "transport/check_send.hpp"

namespace cohort::transport {
namespace {

class Joined final : public Endpoint {
 public:
  Joined(Address address, std::vector<Part> parts) : address_(address), parts_(std::move(parts)) {
    routes_.resize(parts_.front().there.size());
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      const std::vector<Address>& there = parts_[part].there;
      std::vector<Address>& here =
          here_.emplace_back(static_cast<std::size_t>(parts_[part].endpoint->size()), kNotThere);
      for (std::size_t member = 0; member < there.size(); ++member) {
        if (there[member] == kNotThere) continue;
        routes_[member] = {part, there[member]};
        here[static_cast<std::size_t>(there[member])] = static_cast<Address>(member);
      }
    }
  }

  Address address() const override { return address_; }
  int size() const override { return static_cast<int>(routes_.size()); }
  bool rings() const override {
    return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.endpoint->rings(); });
  }

  detail::ByteBuffer spare_buffer() override { return parts_.front().endpoint->spare_buffer(); }
  void send(Address to, Packet packet) override {
    const Route& route = route_to(to);
    parts_[route.part].endpoint->send(route.address, std::move(packet));
  }
  bool send_copied(Address to, std::span<const std::byte> bytes) override {
    const Route& route = route_to(to);
    return parts_[route.part].endpoint->send_copied(route.address, bytes);
  }
  std::uint64_t receive(Address from, TransferId transfer, detail::MutableSegment into) override {
    const Route& route = route_to(from);
    return ticket_of(route.part, parts_[route.part].endpoint->receive(route.address, transfer, into));
  }
  bool poll(Sink& sink) override {
    bool any = false;
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      PartSink part_sink(*this, part, sink);
      any = parts_[part].endpoint->poll(part_sink) || any;
    }
    return any;
  }
  bool look_tells_all() const override {
    return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.endpoint->look_tells_all(); });
  }
  bool has_packet() const override {
    return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.endpoint->has_packet(); });
  }
  std::size_t unsent_bytes(Address to) const override {
    if (to == address_) return 0;
    const Route& route = route_to(to);
    return parts_[route.part].endpoint->unsent_bytes(route.address);
  }
  bool shares_memory_with(Address to) const override {
    if (to == address_) return false;
    const Route& route = route_to(to);
    return parts_[route.part].endpoint->shares_memory_with(route.address);
  }
  bool all_sent() override {
    return std::all_of(parts_.begin(), parts_.end(), [](Part& part) { return part.endpoint->all_sent(); });
  }

 private:
  struct Route {
    std::size_t part = 0;
    Address address = kNotThere;
  };

  /// Gives on what one part delivers, under the names of the whole.
  class PartSink final : public Sink {
   public:
    PartSink(const Joined& whole, std::size_t part, Sink& sink) : whole_(whole), part_(part), sink_(sink) {}
    void on_packet(Address from, std::span<const std::byte> bytes) override {
      sink_.on_packet(whole_.here_[part_][static_cast<std::size_t>(from)], bytes);
    }
    void on_received(std::uint64_t ticket) override { sink_.on_received(whole_.ticket_of(part_, ticket)); }

   private:
    const Joined& whole_;
    const std::size_t part_;
    Sink& sink_;
  };

  const Route& route_to(Address member) const {
    check_peer(address_, size(), member);
    const Route& route = routes_[static_cast<std::size_t>(member)];
    if (route.address == kNotThere) throw std::logic_error("no part reaches address " + std::to_string(member));
    return route;
  }
  /// Parts count on their own: what they call by one number must stay apart.
  std::uint64_t ticket_of(std::size_t part, std::uint64_t ticket) const { return ticket * parts_.size() + part; }

  const Address address_;
  std::vector<Part> parts_;
  std::vector<Route> routes_;               ///< by member
  std::vector<std::vector<Address>> here_;  ///< by part and address there: the member
};

}  // namespace

std::unique_ptr<Endpoint> join(Address address, std::vector<Part> parts) {
  return std::make_unique<Joined>(address, std::move(parts));
}

}  // namespace cohort::transport
