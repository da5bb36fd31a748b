#include "transport/ring_buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "scale.hpp"
#include "transport/endpoint_member.hpp"

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

}  // namespace
}  // namespace cohort::transport
