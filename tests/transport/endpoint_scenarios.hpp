#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "scale.hpp"
#include "transport/endpoint_member.hpp"

/// What every transport promises. Each scenario is run by all members at the same time, each with its own endpoint.
namespace cohort::transport::testing {

struct Scenario {
  std::string name;
  void (*run)(Endpoint&);
};

inline void packets_of_a_pair_keep_their_order(Endpoint& endpoint) {
  Member self(endpoint);
  constexpr std::uint32_t kPackets = 400;
  const auto packet = [](Address from, Address to, std::uint32_t i) {
    const auto seed = static_cast<std::uint32_t>(from * 64 + to) * kPackets + i;
    std::minstd_rand random(seed + 1);
    return pattern(random() % (i % 16 == 0 ? 70'000 : 3'000), seed);
  };
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    for (const Address to : self.others()) endpoint.send(to, packet_of(packet(endpoint.address(), to, i)));
    endpoint.poll(self);
  }
  for (const Address from : self.others()) {
    std::uint32_t right = 0;
    for (std::uint32_t i = 0; i < kPackets; ++i) {
      if (same(self.next(from), packet(from, endpoint.address(), i))) ++right;
    }
    CHECK(right == kPackets);
  }
  self.meet();
}

inline void copied_packets_keep_their_order_with_others(Endpoint& endpoint) {
  Member self(endpoint);
  constexpr std::uint32_t kPackets = 2'000;
  const auto packet = [](Address from, std::uint32_t i) {
    // Mostly short ones, now and then some that are longer than any room there is.
    return pattern(i % 50 == 0 ? 70'000 : 1 + i % 500, static_cast<std::uint32_t>(from) * kPackets + i);
  };
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    const auto bytes = packet(endpoint.address(), i);
    for (const Address to : self.others()) {
      if (!endpoint.send_copied(to, bytes)) endpoint.send(to, packet_of(bytes));
    }
    if (i % 100 == 0) endpoint.poll(self);
  }
  for (const Address from : self.others()) {
    std::uint32_t right = 0;
    for (std::uint32_t i = 0; i < kPackets; ++i) right += same(self.next(from), packet(from, i)) ? 1 : 0;
    CHECK(right == kPackets);
  }
  self.meet();
}

inline void a_hundred_thousand_small_packets_arrive_in_order(Endpoint& endpoint) {
  Member self(endpoint);
  const std::uint32_t kPackets = 100'000 / static_cast<std::uint32_t>(test::scale());
  if (endpoint.address() != 0) {
    for (std::uint32_t i = 0; i < kPackets / static_cast<std::uint32_t>(endpoint.size() - 1); ++i) self.say(0, i);
  } else {
    for (const Address from : self.others()) {
      std::uint32_t right = 0;
      const std::uint32_t count = kPackets / static_cast<std::uint32_t>(endpoint.size() - 1);
      for (std::uint32_t i = 0; i < count; ++i) {
        if (self.hear(from) == i) ++right;
      }
      CHECK(right == count);
    }
  }
  self.meet();
}

inline const std::vector<std::size_t>& segment_sizes() {
  static const std::vector<std::size_t> sizes = {0,      1,      4'095,  4'096,   8'192,     65'535,
                                                 65'536, 65'537, 99'999, 100'000, 1'000'000, 9'000'001};
  return sizes;
}

inline void segments_of_all_sizes_arrive(Endpoint& endpoint) {
  Member self(endpoint);
  if (endpoint.address() == 0) {
    TransferId transfer = 0;
    for (const std::size_t size : segment_sizes()) {
      const auto memory = std::make_shared<const std::vector<std::byte>>(pattern(size, 7));
      ++transfer;
      for (const Address to : self.others()) {
        Packet packet;
        packet.bytes.append_value(size);
        packet.segments = {{memory->data(), memory->size()}};
        packet.transfer = transfer;
        packet.keeps = memory;
        endpoint.send(to, std::move(packet));
      }
    }
  } else {
    TransferId transfer = 0;
    for (const std::size_t size : segment_sizes()) {
      CHECK(self.next(0).size() == sizeof(std::size_t));
      const bool right = self.receive(0, ++transfer, size) == pattern(size, 7);
      CHECK_MESSAGE(right, size);
    }
  }
  self.meet();
}

inline void segments_of_a_packet_arrive_in_order_while_everybody_sends(Endpoint& endpoint) {
  Member self(endpoint);
  constexpr std::uint32_t kTransfers = 20;
  constexpr std::uint32_t kSegments = 7;
  const auto segment = [](Address from, std::uint32_t transfer, std::uint32_t i) {
    const std::uint32_t seed = (static_cast<std::uint32_t>(from) * kTransfers + transfer) * kSegments + i;
    return pattern(std::size_t{8'000} + seed * 37, seed);
  };
  for (const Address to : self.others()) {
    for (std::uint32_t t = 1; t <= kTransfers; ++t) {
      auto memory = std::make_shared<std::vector<std::vector<std::byte>>>();
      Packet packet;
      for (std::uint32_t i = 0; i < kSegments; ++i) {
        memory->push_back(segment(endpoint.address(), t, i));
        packet.segments.push_back({memory->back().data(), memory->back().size()});
      }
      // Ids far apart, of the whole range.
      packet.transfer = 0xffffffff - t * 1'000;
      packet.keeps = std::move(memory);
      endpoint.send(to, std::move(packet));
    }
  }
  struct Expected {
    std::uint64_t ticket;
    std::vector<std::byte> into;
    std::vector<std::byte> segment;
  };
  std::vector<Expected> expected;
  for (const Address from : self.others()) {
    for (std::uint32_t t = 1; t <= kTransfers; ++t) {
      self.next(from);
      for (std::uint32_t i = 0; i < kSegments; ++i) {
        Expected one{0, {}, segment(from, t, i)};
        one.into.resize(one.segment.size());
        one.ticket = endpoint.receive(from, 0xffffffff - t * 1'000, {one.into.data(), one.into.size()});
        expected.push_back(std::move(one));
      }
    }
  }
  std::size_t right = 0;
  for (const Expected& one : expected) {
    self.poll_until([&] { return self.has_received(one.ticket); });
    if (one.into == one.segment) ++right;
  }
  CHECK(right == expected.size());
  self.meet();
}

inline void a_receive_may_be_posted_before_the_segment_is_sent(Endpoint& endpoint) {
  Member self(endpoint);
  const auto memory = std::make_shared<const std::vector<std::byte>>(pattern(200'000, 3));
  if (endpoint.address() == 0) {
    for (const Address to : self.others()) {
      CHECK(self.hear(to) == 1);
      Packet packet;
      packet.segments = {{memory->data(), 1'000}, {memory->data() + 1'000, memory->size() - 1'000}};
      packet.transfer = 5;
      packet.keeps = memory;
      endpoint.send(to, std::move(packet));
    }
  } else {
    std::vector<std::byte> into(memory->size());
    const std::uint64_t first = endpoint.receive(0, 5, {into.data(), 1'000});
    const std::uint64_t second = endpoint.receive(0, 5, {into.data() + 1'000, into.size() - 1'000});
    CHECK_FALSE(self.has_received(first));
    self.say(0, 1);
    CHECK(self.next(0).empty());
    self.poll_until([&] { return self.has_received(first) && self.has_received(second); });
    CHECK(into == *memory);
  }
  self.meet();
}

inline void a_segment_is_kept_and_counted_until_it_is_received(Endpoint& endpoint) {
  Member self(endpoint);
  for (const std::size_t size : {std::size_t{10'000}, std::size_t{3'000'000}}) {
    if (endpoint.address() == 0) {
      auto memory = std::make_shared<const std::vector<std::byte>>(pattern(size, 9));
      const std::weak_ptr<const std::vector<std::byte>> alive = memory;
      for (const Address to : self.others()) {
        Packet packet;
        packet.segments = {{memory->data(), memory->size()}};
        packet.transfer = 1;
        packet.keeps = memory;
        endpoint.send(to, std::move(packet));
      }
      memory.reset();
      for (const Address to : self.others()) CHECK(self.hear(to) == 1);
      for (const Address to : self.others()) CHECK(endpoint.unsent_bytes(to) == size);
      CHECK_FALSE(endpoint.all_sent());
      CHECK_FALSE(alive.expired());
      for (const Address to : self.others()) self.say(to, 2);
      self.poll_until([&] { return endpoint.all_sent(); });
      for (const Address to : self.others()) CHECK(endpoint.unsent_bytes(to) == 0);
      CHECK(alive.expired());
    } else {
      CHECK(self.next(0).empty());
      self.say(0, 1);
      CHECK(self.hear(0) == 2);
      CHECK(self.receive(0, 1, size) == pattern(size, 9));
    }
    self.meet();
  }
}

inline void packets_do_not_wait_for_segments(Endpoint& endpoint) {
  Member self(endpoint);
  constexpr std::uint32_t kTransfers = 60;
  const auto memory = std::make_shared<const std::vector<std::byte>>(pattern(70'000, 4));
  if (endpoint.address() == 0) {
    for (const Address to : self.others()) {
      for (TransferId t = 1; t <= kTransfers; ++t) {
        Packet packet;
        packet.bytes.append_value(t);
        packet.segments = {{memory->data(), memory->size()}};
        packet.transfer = t;
        packet.keeps = memory;
        endpoint.send(to, std::move(packet));
      }
      self.say(to, 0);
    }
  } else {
    // Everything is heard before the first segment is asked for.
    std::uint32_t right = 0;
    for (TransferId t = 1; t <= kTransfers; ++t) right += self.hear(0) == t ? 1 : 0;
    CHECK(right == kTransfers);
    CHECK(self.hear(0) == 0);
    std::vector<std::vector<std::byte>> into(kTransfers, std::vector<std::byte>(memory->size()));
    std::vector<std::uint64_t> tickets;
    for (TransferId t = kTransfers; t > 0; --t) {
      tickets.push_back(endpoint.receive(0, t, {into[t - 1].data(), into[t - 1].size()}));
    }
    for (const std::uint64_t ticket : tickets) self.poll_until([&] { return self.has_received(ticket); });
    std::size_t same_count = 0;
    for (const auto& one : into) same_count += one == *memory ? 1 : 0;
    CHECK(same_count == kTransfers);
  }
  self.meet();
}

/// Members 0 and 1 send a segment to and fro, receiving from inside on_packet and sending from inside on_received.
/// Its packets are empty; others go on to `rest`.
class Bouncer final : public Sink {
 public:
  Bouncer(Endpoint& endpoint, int rounds, Sink& rest) : endpoint_(endpoint), rounds_(rounds), rest_(rest) {}

  void on_packet(Address from, std::span<const std::byte> bytes) override {
    if (!bytes.empty()) return rest_.on_packet(from, bytes);
    peer_ = from;
    endpoint_.receive(from, static_cast<TransferId>(received_ + 1), {into_.data(), into_.size()});
  }
  void on_received(std::uint64_t) override {
    ++received_;
    if (sent_ < rounds_) bounce(peer_);
  }
  void bounce(Address to) {
    Packet packet;
    packet.segments = {{memory_->data(), memory_->size()}};
    packet.transfer = static_cast<TransferId>(++sent_);
    packet.keeps = memory_;
    endpoint_.send(to, std::move(packet));
  }
  int received() const { return received_; }
  bool is_right() const { return into_ == *memory_; }

 private:
  Endpoint& endpoint_;
  int rounds_;
  Sink& rest_;
  Address peer_ = -1;
  int received_ = 0;
  int sent_ = 0;
  std::shared_ptr<const std::vector<std::byte>> memory_ =
      std::make_shared<const std::vector<std::byte>>(pattern(9'000, 1));
  std::vector<std::byte> into_ = std::vector<std::byte>(9'000);
};

inline void a_sink_may_send_and_receive(Endpoint& endpoint) {
  Member self(endpoint);
  if (endpoint.address() < 2 && endpoint.size() > 1) {
    constexpr int kRounds = 50;
    Bouncer bouncer(endpoint, kRounds, self);
    if (endpoint.address() == 0) bouncer.bounce(1);
    self.poll_until([&] { return bouncer.received() == kRounds; }, bouncer);
    CHECK(bouncer.is_right());
  }
  self.meet();
}

inline void wrong_calls_are_refused(Endpoint& endpoint) {
  Member self(endpoint);
  const auto send_to = [&](Address to) { endpoint.send(to, Packet{}); };
  std::byte byte{};
  CHECK_THROWS_AS(send_to(-1), std::logic_error);
  CHECK_THROWS_AS(send_to(endpoint.size()), std::logic_error);
  CHECK_THROWS_AS(send_to(endpoint.address()), std::logic_error);
  CHECK_THROWS_AS(endpoint.receive(endpoint.size(), 1, {&byte, 1}), std::logic_error);
  for (const Address to : self.others()) {
    Packet nameless;
    nameless.segments = {{&byte, 1}};
    CHECK_THROWS_AS(endpoint.send(to, std::move(nameless)), std::logic_error);
    Packet empty;
    empty.transfer = 1;
    CHECK_THROWS_AS(endpoint.send(to, std::move(empty)), std::logic_error);
  }
  self.meet();
}

/// To be the last with its endpoint.
inline void a_segment_of_another_length_is_an_error(Endpoint& endpoint, std::size_t into_bytes) {
  Member self(endpoint);
  static const std::vector<std::byte> memory = pattern(100, 1);
  if (endpoint.address() == 0) {
    for (const Address to : self.others()) {
      Packet packet;
      packet.segments = {{memory.data(), memory.size()}};
      packet.transfer = 1;
      endpoint.send(to, std::move(packet));
    }
    for (const Address to : self.others()) CHECK(self.hear(to) == 1);
  } else {
    self.next(0);
    CHECK_THROWS_AS(self.receive(0, 1, into_bytes), TransportError);
    self.say(0, 1);
    // In-process, the error leaves the transfer open; so no meet().
    if (!endpoint.rings()) self.poll_until([&] { return endpoint.all_sent(); });
  }
}

inline void a_shorter_segment_is_an_error(Endpoint& endpoint) {
  a_segment_of_another_length_is_an_error(endpoint, 101);
}
inline void a_longer_segment_is_an_error(Endpoint& endpoint) { a_segment_of_another_length_is_an_error(endpoint, 99); }

inline const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"packets of a pair keep their order", packets_of_a_pair_keep_their_order},
      {"copied packets keep their order with others", copied_packets_keep_their_order_with_others},
      {"a hundred thousand small packets arrive in order", a_hundred_thousand_small_packets_arrive_in_order},
      {"segments of all sizes arrive", segments_of_all_sizes_arrive},
      {"segments of a packet arrive in order", segments_of_a_packet_arrive_in_order_while_everybody_sends},
      {"a receive may be posted before the segment is sent", a_receive_may_be_posted_before_the_segment_is_sent},
      {"a segment is kept and counted until it is received", a_segment_is_kept_and_counted_until_it_is_received},
      {"packets do not wait for segments", packets_do_not_wait_for_segments},
      {"a sink may send and receive", a_sink_may_send_and_receive},
      {"wrong calls are refused", wrong_calls_are_refused},
      {"a shorter segment is an error", a_shorter_segment_is_an_error},
      {"a longer segment is an error", a_longer_segment_is_an_error},
  };
  return all;
}

}  // namespace cohort::transport::testing
