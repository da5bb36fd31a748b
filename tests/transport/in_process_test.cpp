#include "transport/in_process.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <thread>

#include "transport/endpoint_scenarios.hpp"

namespace cohort::transport {
namespace {

using testing::Member;
using testing::packet_of;
using testing::pattern;
using testing::Scenario;
using testing::scenarios;

std::vector<std::unique_ptr<Endpoint>> make_silent(std::size_t members) {
  return make_in_process(std::vector<base::Doorbell*>(members, nullptr));
}

/// Every member on a thread of its own.
void run(const Scenario& scenario, std::size_t members) {
  auto endpoints = make_silent(members);
  std::vector<std::exception_ptr> failures(members);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < members; ++i) {
    threads.emplace_back([&, i] {
      try {
        scenario.run(*endpoints[i]);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

TEST_CASE("the in-process transport keeps what every transport promises") {
  for (const std::size_t members : {2U, 3U, 4U}) {
    for (const Scenario& scenario : scenarios()) {
      CAPTURE(members);
      CAPTURE(scenario.name);
      CHECK_NOTHROW(run(scenario, members));
    }
  }
}

TEST_CASE("the bytes of a packet are moved, not copied") {
  auto endpoints = make_silent(2);
  Packet packet = packet_of(pattern(100, 1));
  const std::byte* const before = packet.bytes.data();
  endpoints[0]->send(1, std::move(packet));
  CHECK(endpoints[0]->all_sent());
  struct Looker final : Sink {
    void on_packet(Address, std::span<const std::byte> bytes) override { seen = bytes.data(); }
    void on_received(std::uint64_t) override {}
    const std::byte* seen = nullptr;
  } receiver;
  CHECK(endpoints[1]->poll(receiver));
  CHECK(receiver.seen == before);
}

TEST_CASE("a packet rings the receiver's bell, and a transfer that has ended the sender's") {
  base::Doorbell first;
  base::Doorbell second;
  auto endpoints = make_in_process({&first, &second});
  const auto memory = pattern(100, 1);
  Packet packet;
  packet.segments = {{memory.data(), memory.size()}};
  packet.transfer = 1;
  const auto first_before = first.ticket();
  const auto second_before = second.ticket();
  endpoints[0]->send(1, std::move(packet));
  CHECK(second.ticket() != second_before);
  CHECK(first.ticket() == first_before);
  Member receiver(*endpoints[1]);
  receiver.next(0);
  receiver.receive(0, 1, 100);
  CHECK(first.ticket() != first_before);
}

TEST_CASE("what was sent to an endpoint that is destroyed is let go") {
  auto endpoints = make_silent(2);
  auto memory = std::make_shared<const std::vector<std::byte>>(pattern(100, 1));
  const std::weak_ptr<const std::vector<std::byte>> alive = memory;
  const auto send = [&](TransferId transfer) {
    Packet packet;
    packet.segments = {{memory->data(), 50}, {memory->data() + 50, 50}};
    packet.transfer = transfer;
    packet.keeps = memory;
    endpoints[0]->send(1, std::move(packet));
  };
  send(1);
  Member receiver(*endpoints[1]);
  receiver.next(0);
  receiver.receive(0, 1, 50);
  send(2);
  CHECK(endpoints[0]->unsent_bytes(1) == 150);
  endpoints[1].reset();
  send(3);
  memory.reset();
  CHECK(alive.expired());
  CHECK(endpoints[0]->all_sent());
}

TEST_CASE("what was sent by an endpoint that is destroyed still arrives") {
  auto endpoints = make_silent(2);
  auto memory = std::make_shared<const std::vector<std::byte>>(pattern(100, 1));
  Packet packet = packet_of(pattern(10, 2));
  packet.segments = {{memory->data(), memory->size()}};
  packet.transfer = 1;
  packet.keeps = std::move(memory);
  endpoints[0]->send(1, std::move(packet));
  endpoints[0].reset();
  Member receiver(*endpoints[1]);
  CHECK(testing::same(receiver.next(0), pattern(10, 2)));
  CHECK(receiver.receive(0, 1, 100) == pattern(100, 1));
}

TEST_CASE("a sink that throws loses no other packet") {
  struct Refusing final : Sink {
    void on_packet(Address, std::span<const std::byte>) override { throw std::runtime_error("no"); }
    void on_received(std::uint64_t) override {}
  };
  auto endpoints = make_silent(2);
  Member sender(*endpoints[0]);
  sender.say(1, 1);
  sender.say(1, 2);
  Refusing refusing;
  CHECK_THROWS_AS(endpoints[1]->poll(refusing), std::runtime_error);
  Member receiver(*endpoints[1]);
  CHECK(receiver.hear(0) == 2);
}

}  // namespace
}  // namespace cohort::transport
