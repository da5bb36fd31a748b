#include "client/chunk_sizer.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

namespace cohort::detail {

using namespace std::chrono_literals;

namespace {

/// Cuts `total` elements on `slots` slots, the cost of element i being cost_ns(i); each chunk ends before the next is
/// cut. Returns the chunks' sizes.
template <class Cost>
std::vector<std::size_t> cut_all(const CutPlan& plan, int slots, Cost cost_ns) {
  ChunkSizer sizer(plan, slots);
  std::vector<std::size_t> chunks;
  std::size_t at = 0;
  while (at < *plan.total) {
    const std::size_t items = sizer.next(*plan.total - at);
    REQUIRE(items > 0);
    sizer.on_cut(items);
    std::int64_t duration = 0;
    for (std::size_t i = at; i < at + items; ++i) duration += cost_ns(i);
    sizer.on_ended(items, Time(duration), 8);
    chunks.push_back(items);
    at += items;
  }
  CHECK(sizer.under_way() == 0);
  CHECK(std::accumulate(chunks.begin(), chunks.end(), std::size_t{0}) == *plan.total);
  return chunks;
}

}  // namespace

TEST_CASE("what the program asks for is obeyed to the letter") {
  const CutPlan plan{.chunking = {30}, .total = 100};
  CHECK(cut_all(plan, 4, [](std::size_t) { return 1000; }) == std::vector<std::size_t>{30, 30, 30, 10});
  ChunkSizer sizer(plan, 4);
  CHECK(sizer.next_now(100) == 30);
  CHECK(sizer.report().why == "as the program asked for");
}

TEST_CASE("the first chunks are small, since nothing is known") {
  ChunkSizer many({.total = 1'000'000'000}, 2);
  CHECK(many.next(1'000'000'000) == 16);
  ChunkSizer few({.total = 100}, 2);
  CHECK(few.next(100) == 1);
  ChunkSizer endless({}, 2);
  CHECK(endless.next(std::nullopt) == 16);
}

TEST_CASE("chunks of cheap elements grow until the runtime's cost does not matter") {
  const auto chunks = cut_all({.total = 100'000'000}, 2, [](std::size_t) { return 1; });
  CHECK(chunks.size() < 300);
  CHECK(chunks[20] == 2'500'000);
}

TEST_CASE("chunks of expensive elements stay small") {
  const auto chunks = cut_all({.total = 1'000}, 4, [](std::size_t) { return 10'000'000; });
  CHECK(chunks.front() == 3);  // before anything was measured
  CHECK(*std::max_element(chunks.begin() + 1, chunks.end()) == 1);
}

TEST_CASE("a large range of expensive elements is cut into a few thousand chunks") {
  const auto chunks = cut_all({.total = 1'000'000}, 2, [](std::size_t) { return 100'000; });
  CHECK(chunks.size() > 2'000);
  CHECK(chunks.size() < 4'000);
}

TEST_CASE("chunks shrink toward the end, so that the last is short") {
  const auto chunks = cut_all({.total = 30'000}, 4, [](std::size_t) { return 100; });
  const auto largest = *std::max_element(chunks.begin(), chunks.end());
  CHECK(largest > 1'000);
  CHECK(chunks.back() <= 1'000);
  CHECK(*(chunks.end() - 2) <= 1'000);
}

TEST_CASE("chunks follow a cost that rises or falls") {
  constexpr std::size_t kTotal = 100'000;
  const auto rising = [](std::size_t i) { return static_cast<std::int64_t>(100 + i / 10); };
  const auto falling = [](std::size_t i) { return static_cast<std::int64_t>(100 + (kTotal - i) / 10); };
  for (const bool rises : {true, false}) {
    ChunkSizer sizer({.total = kTotal}, 2);
    std::size_t at = 0;
    while (at < kTotal) {
      const std::size_t items = sizer.next(kTotal - at);
      sizer.on_cut(items);
      std::int64_t duration = 0;
      for (std::size_t i = at; i < at + items; ++i) duration += rises ? rising(i) : falling(i);
      CHECK(duration < 6'000'000);
      if (at > 1'000 && at < kTotal / 2) CHECK(duration > 750'000);
      sizer.on_ended(items, Time(duration), 8);
      at += items;
    }
  }
}

TEST_CASE("enough chunks are under way to hide the round trip, and no more") {
  ChunkSizer sizer({.total = 1'000'000}, 2);
  for (int i = 0; i < 5; ++i) {
    CHECK(sizer.next(1'000'000) > 0);
    sizer.on_cut(16);
  }
  CHECK(sizer.next(1'000'000) == 0);
  sizer.on_ended(16, 1ms, 8);
  CHECK(sizer.next(1'000'000) > 0);
}

TEST_CASE("a failed chunk tells nothing of the cost") {
  ChunkSizer sizer({.total = 1'000}, 1);
  sizer.on_cut(10);
  sizer.on_ended(10, Time::zero(), 0);
  CHECK(sizer.expected(10) == Time::zero());
  CHECK(sizer.under_way() == 0);
}

TEST_CASE("neither what is sent nor what is made gets larger than 16 MiB") {
  ChunkSizer sent({.total = 1'000'000, .element_bytes = std::size_t{1} << 20}, 1);
  sent.on_cut(10);
  sent.on_ended(10, 10us, 80);
  CHECK(sent.next(1'000'000) == 16);
  ChunkSizer made({.total = 1'000'000}, 1);
  made.on_cut(10);
  made.on_ended(10, 10us, std::uint64_t{10} << 20);
  CHECK(made.next(1'000'000) == 16);
}

TEST_CASE("a layout that is asked for before anything was measured gives each slot many chunks") {
  const ChunkSizer sizer({.total = 6'400}, 2);
  CHECK(sizer.next_now(6'400) == 100);
}

TEST_CASE("the report tells what was chosen") {
  ChunkSizer sizer({.total = 100}, 1);
  CHECK(sizer.report().why == "nothing was measured yet");
  for (const std::size_t items : {10u, 20u, 5u, 1u}) {
    sizer.on_cut(items);
    sizer.on_ended(items, Time(static_cast<std::int64_t>(1'000 * items)), 8);
  }
  const ChunkingReport report = sizer.report();
  CHECK(report.chunks == 4);
  CHECK(report.least_items == 5);
  CHECK(report.most_items == 20);
  CHECK(report.element_time == 1us);
}

}  // namespace cohort::detail
