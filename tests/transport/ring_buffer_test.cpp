#include "transport/ring_buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "scale.hpp"
#include "transport/endpoint_member.hpp"
#include "transport/node_channels.hpp"

namespace cohort::transport {
namespace {

using testing::pattern;

using Bytes = std::vector<std::byte>;

struct Pair {
  std::unique_ptr<RingBuffer> buffer = std::make_unique<RingBuffer>();
  RingBufferReader reader{*buffer};
  RingBufferWriter writer{*buffer};
};

Bytes copy(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

/// The next record; fails the test if there is none.
Bytes next(RingBufferReader& reader) {
  Bytes record;
  REQUIRE(reader.read([&](std::span<const std::byte> bytes) { record = copy(bytes); }));
  return record;
}

TEST_CASE("records come out as they went in, of all lengths, also none, wherever in the buffer they come to lie") {
  Pair pair;
  std::minstd_rand random(1);
  for (std::uint32_t round = 0; round < 2'000; ++round) {
    std::vector<Bytes> sent;
    for (std::uint32_t i = 0; i < round % 4 + 1; ++i) {
      const std::size_t most = i % 2 == 0 ? 200 : RingBuffer::kLongest / 2;
      sent.push_back(pattern(round == 0 ? 0 : random() % most, round * 4 + i));
      REQUIRE(pair.writer.write(sent.back()));
    }
    for (const Bytes& record : sent) CHECK(next(pair.reader) == record);
    CHECK_FALSE(pair.reader.read([](std::span<const std::byte>) { FAIL("there is none"); }));
  }
}

TEST_CASE("a full buffer takes nothing, and takes records again once some were read") {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{60}, std::size_t{61}, std::size_t{1'000}, RingBuffer::kLongest}) {
    CAPTURE(size);
    Pair pair;
    std::uint32_t written = 0;
    std::uint32_t read = 0;
    for (int round = 0; round < 20; ++round) {
      const std::uint32_t before = written;
      while (pair.writer.write(pattern(size, written))) ++written;
      // What of the buffer is not used: less than one record at its end, and what was not told to be read.
      const std::size_t room = RingBuffer::kBytes - RingBuffer::kBytes / 8 - 2 * RingBuffer::whole_bytes(size);
      CHECK((written - read) * RingBuffer::whole_bytes(size) >= room);
      CHECK(written > before);
      for (std::uint32_t left = (written - read) / 2 + 1; left > 0; --left) {
        CHECK(next(pair.reader) == pattern(size, read++));
      }
    }
    while (read < written) CHECK(next(pair.reader) == pattern(size, read++));
  }
}

TEST_CASE("a record counts as read also if who takes it throws") {
  Pair pair;
  REQUIRE(pair.writer.write(pattern(10, 1)));
  REQUIRE(pair.writer.write(pattern(20, 2)));
  CHECK_THROWS_AS(pair.reader.read([](std::span<const std::byte>) { throw std::runtime_error("no"); }),
                  std::runtime_error);
  CHECK(next(pair.reader) == pattern(20, 2));
}

TEST_CASE("the reader sees that somebody writes here") {
  RingBuffer buffer{};
  RingBufferReader reader(buffer);
  CHECK_FALSE(reader.in_use());
  RingBufferWriter writer(buffer);
  CHECK(reader.in_use());
}

TEST_CASE("two threads: nothing is lost, torn or out of order") {
  Pair pair;
  const auto kRecords = static_cast<std::uint32_t>(300'000 / test::scale());
  const auto size_of = [](std::uint32_t i) { return i % 1'000 == 0 ? 4'000 : (i * 7) % 150 + sizeof(i); };
  std::thread writer([&] {
    Bytes record(4'000);
    for (std::uint32_t i = 0; i < kRecords; ++i) {
      const std::size_t size = size_of(i);
      std::memset(record.data(), static_cast<int>(i % 255), size);
      std::memcpy(record.data(), &i, sizeof(i));
      while (!pair.writer.write({record.data(), size})) std::this_thread::yield();
    }
  });
  std::uint32_t wrong = 0;
  for (std::uint32_t expected = 0; expected < kRecords;) {
    const bool any = pair.reader.read([&](std::span<const std::byte> record) {
      std::uint32_t number = 0;
      std::memcpy(&number, record.data(), sizeof(number));
      bool right = number == expected && record.size() == size_of(expected);
      for (std::size_t at = sizeof(number); at < record.size(); ++at) {
        right = right && record[at] == static_cast<std::byte>(expected % 255);
      }
      if (!right) ++wrong;
      ++expected;
    });
    if (!any) std::this_thread::yield();
  }
  writer.join();
  CHECK(wrong == 0);
}

// Members of one process here; which process it is makes no difference to them.

std::vector<std::unique_ptr<NodeChannels>> make_channels(int size, const std::vector<Address>& members) {
  std::vector<std::unique_ptr<NodeChannels>> all;
  std::vector<std::string> offers;
  for (Address self = 0; self < size; ++self) {
    const bool here = std::find(members.begin(), members.end(), self) != members.end();
    const std::vector<Address> alone{self};
    all.push_back(std::make_unique<NodeChannels>(self, size, here ? members : alone));
    offers.push_back(all.back()->offer());
  }
  for (const auto& channels : all) channels->connect(offers);
  return all;
}

bool poll_nothing(NodeChannels& channels) {
  return channels.poll([](Address, std::span<const std::byte>) { FAIL("nothing was sent"); });
}

TEST_CASE("the ranks of a node reach each other, and nobody else") {
  const auto channels = make_channels(4, {0, 1, 3});
  for (Address from = 0; from < 4; ++from) {
    for (Address to = 0; to < 4; ++to) {
      CAPTURE(from);
      CAPTURE(to);
      CHECK(channels[static_cast<std::size_t>(from)]->reaches(to) == (from != to && from != 2 && to != 2));
    }
    CHECK_FALSE(poll_nothing(*channels[static_cast<std::size_t>(from)]));
    CHECK_FALSE(channels[static_cast<std::size_t>(from)]->everybody_writes_here());
    CHECK_FALSE(channels[static_cast<std::size_t>(from)]->has_packet());
  }
  CHECK(channels[2]->offer().empty());
  for (const Address from : {0, 1, 3}) {
    for (const Address to : {0, 1, 3}) {
      if (from != to)
        CHECK(channels[static_cast<std::size_t>(from)]->send(to,
                                                             pattern(30, static_cast<std::uint32_t>(10 * from + to))));
    }
  }
  for (const Address to : {0, 1, 3}) {
    int right = 0;
    CHECK(channels[static_cast<std::size_t>(to)]->poll([&](Address from, std::span<const std::byte> bytes) {
      right += copy(bytes) == pattern(30, static_cast<std::uint32_t>(10 * from + to)) ? 1 : 0;
    }));
    CHECK(right == 2);
    CHECK_FALSE(channels[static_cast<std::size_t>(to)]->poll([](Address, std::span<const std::byte>) {}));
  }
}

TEST_CASE("who looks sees what has come, and that all others write here") {
  const auto channels = make_channels(3, {0, 1, 2});
  for (const auto& each : channels) {
    CHECK_FALSE(each->everybody_writes_here());  // nobody has looked
    CHECK_FALSE(poll_nothing(*each));
    CHECK(each->everybody_writes_here());
    CHECK_FALSE(each->has_packet());
  }
  CHECK(channels[0]->send(1, pattern(5, 1)));
  CHECK(channels[1]->has_packet());
  CHECK_FALSE(channels[2]->has_packet());
  CHECK(channels[1]->poll([](Address from, std::span<const std::byte>) { CHECK(from == 0); }));
  CHECK_FALSE(channels[1]->has_packet());
}

TEST_CASE("what one has sent does not keep others waiting") {
  const auto channels = make_channels(3, {0, 1, 2});
  int sent = 0;
  while (channels[0]->send(1, pattern(10, 1))) ++sent;
  CHECK(channels[2]->send(1, pattern(10, 2)));
  int before = 0;
  int taken = 0;
  const auto count = [&](Address from, std::span<const std::byte>) {
    ++taken;
    if (from == 2) before = taken;
  };
  CHECK(channels[1]->poll(count));
  CHECK(before > 0);
  CHECK(taken < sent);  // a poll ends
  while (channels[1]->poll(count)) {
  }
  CHECK(taken == sent + 1);
}

TEST_CASE("who cannot be written to writes all the same") {
  std::vector<std::unique_ptr<NodeChannels>> all;
  const std::vector<Address> members{0, 1};
  for (Address self = 0; self < 2; ++self) all.push_back(std::make_unique<NodeChannels>(self, 2, members));
  const std::vector<std::string> seen_by_0{all[0]->offer(), all[1]->offer()};
  all[0]->connect(seen_by_0);
  all[1]->connect(std::vector<std::string>{"", all[1]->offer()});
  CHECK(all[0]->reaches(1));
  CHECK_FALSE(all[1]->reaches(0));
  for (const auto& each : all) poll_nothing(*each);
  CHECK(all[1]->everybody_writes_here());
  CHECK_FALSE(all[0]->everybody_writes_here());
}

TEST_CASE("what was offered is used only if it is that very file, and there") {
  std::vector<std::unique_ptr<NodeChannels>> all;
  const std::vector<Address> members{0, 1};
  for (Address self = 0; self < 2; ++self) all.push_back(std::make_unique<NodeChannels>(self, 2, members));
  REQUIRE_FALSE(all[1]->offer().empty());
  const std::string own = all[0]->offer();
  std::string offer = all[1]->offer();
  SUBCASE("another file of the same name, on a machine like this one") {
    offer.back() = offer.back() == '1' ? '2' : '1';
  }
  SUBCASE("gone by now") { all[1].reset(); }
  SUBCASE("what nobody has said") { offer = "what?"; }
  SUBCASE("the other one has no such memory") { offer.clear(); }
  all[0]->connect(std::vector{own, offer});
  CHECK_FALSE(all[0]->reaches(1));
}

}  // namespace
}  // namespace cohort::transport
