#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "transport/transport.hpp"

namespace cohort::transport::testing {

/// Bytes that differ from seed to seed and from place to place.
inline std::vector<std::byte> pattern(std::size_t size, std::uint32_t seed) {
  std::vector<std::byte> bytes(size);
  std::uint64_t word = seed;
  for (std::size_t at = 0; at < size; at += sizeof(word)) {
    word = word * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;  // Knuth, MMIX
    std::memcpy(&bytes[at], &word, std::min(sizeof(word), size - at));
  }
  return bytes;
}

inline bool same(const detail::ByteBuffer& a, const std::vector<std::byte>& b) {
  return a.size() == b.size() && (b.empty() || std::memcmp(a.data(), b.data(), b.size()) == 0);
}

inline Packet packet_of(const std::vector<std::byte>& bytes) {
  Packet packet;
  packet.bytes.append(bytes.data(), bytes.size());
  return packet;
}

/// One member of a test: keeps what arrives until the test asks for it. No wait lasts longer than two minutes.
class Member final : public Sink {
 public:
  explicit Member(Endpoint& at) : endpoint(at) {}

  void on_packet(Address from, std::span<const std::byte> bytes) override { packets_[from].emplace_back(bytes); }
  void on_received(std::uint64_t ticket) override {
    if (!received_.insert(ticket).second) throw std::logic_error("a ticket came twice");
  }

  template <class Condition>
  void poll_until(Condition condition) {
    poll_until(condition, *this);
  }
  /// `sink` gets what arrives.
  template <class Condition>
  void poll_until(Condition condition, Sink& sink) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!condition()) {
      if (endpoint.poll(sink)) continue;
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("waited for two minutes");
      std::this_thread::yield();
    }
  }

  /// The next packet of `from`.
  detail::ByteBuffer next(Address from) {
    poll_until([&] { return !packets_[from].empty(); });
    detail::ByteBuffer bytes = std::move(packets_[from].front());
    packets_[from].pop_front();
    return bytes;
  }
  std::size_t waiting(Address from) { return packets_[from].size(); }

  bool has_received(std::uint64_t ticket) const { return received_.count(ticket) != 0; }
  std::vector<std::byte> receive(Address from, TransferId transfer, std::size_t size) {
    std::vector<std::byte> into(size);
    const std::uint64_t ticket = endpoint.receive(from, transfer, {into.data(), into.size()});
    poll_until([&] { return has_received(ticket); });
    return into;
  }

  void say(Address to, std::uint32_t word) {
    Packet packet;
    packet.bytes.append_value(word);
    endpoint.send(to, std::move(packet));
  }
  std::uint32_t hear(Address from) {
    const detail::ByteBuffer bytes = next(from);
    std::uint32_t word = 0;
    if (bytes.size() != sizeof(word)) throw std::runtime_error("another packet was expected");
    std::memcpy(&word, bytes.data(), sizeof(word));
    return word;
  }

  /// The other members.
  std::vector<Address> others() const {
    std::vector<Address> all;
    for (Address a = 0; a < endpoint.size(); ++a) {
      if (a != endpoint.address()) all.push_back(a);
    }
    return all;
  }
  /// Waits until all members are here and nothing is under way any more.
  void meet() {
    constexpr std::uint32_t kHere = 0x48455245;
    for (const Address to : others()) say(to, kHere);
    for (const Address from : others()) {
      if (hear(from) != kHere) throw std::runtime_error("a packet was left over");
    }
    poll_until([&] { return endpoint.all_sent(); });
  }

  Endpoint& endpoint;

 private:
  std::map<Address, std::deque<detail::ByteBuffer>> packets_;
  std::set<std::uint64_t> received_;
};

}  // namespace cohort::transport::testing
