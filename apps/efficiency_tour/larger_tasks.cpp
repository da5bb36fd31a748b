#include "larger_tasks.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <vector>

#include "measure.hpp"
#include "resident_memory.hpp"
#include "table.hpp"
#include "work.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::array<Seconds, 4> kElementTimes = {0.01us, 1us, 100us, 10ms};
/// Work of an element time: so long for the plain loop, but some elements for each slot, and no more than so many.
constexpr Seconds kTotalTime = 50ms;
constexpr std::size_t kMinPerSlot = 4;
constexpr std::size_t kMaxElements = 100'000;
/// Chunks made by hand: so many for each slot.
constexpr std::size_t kChunksPerSlot = 8;
/// Less than this is noise.
constexpr double kWorthwhile = 1.1;

using Results = std::vector<std::uint64_t>;

struct Elements {
  Seconds element_time{};
  std::size_t count = 0;
  std::uint64_t steps = 0;

  auto seeds() const { return std::views::iota(std::uint64_t{0}, std::uint64_t{count}); }
};

/// Told how many futures or chunks there are, while all of them are.
using AtEnd = std::function<void(std::size_t pieces)>;

Results by_loop(cohort::Client&, const Elements& elements, const AtEnd& at_end) {
  Results results;
  results.reserve(elements.count);
  for (const std::uint64_t seed : elements.seeds()) results.push_back(do_work({seed, elements.steps}));
  at_end(0);
  return results;
}

Results by_tasks(cohort::Client& client, const Elements& elements, const AtEnd& at_end) {
  std::vector<cohort::Future<std::uint64_t>> futures;
  futures.reserve(elements.count);
  for (const std::uint64_t seed : elements.seeds())
    futures.push_back(client.submit(do_work, Work{seed, elements.steps}));
  Results results = client.gather(futures);
  at_end(futures.size());
  return results;
}

Results by_hand(cohort::Client& client, const Elements& elements, const AtEnd& at_end) {
  const std::size_t chunks = kChunksPerSlot * static_cast<std::size_t>(client.slot_count());
  const cohort::Chunking chunking{(elements.count + chunks - 1) / chunks};
  const auto work_on_chunk = [steps = elements.steps](std::span<const std::uint64_t> seeds) {
    Results results;
    results.reserve(seeds.size());
    for (const std::uint64_t seed : seeds) results.push_back(do_work({seed, steps}));
    return results;
  };
  const auto made = client.scatter(elements.seeds(), chunking).map_chunks(work_on_chunk);
  Results results = made.gather();
  at_end(made.chunking().chunks);
  return results;
}

Results by_map(cohort::Client& client, const Elements& elements, const AtEnd& at_end) {
  const auto work = [steps = elements.steps](std::uint64_t seed) { return do_work({seed, steps}); };
  const auto made = client.map(work, elements.seeds());
  Results results = made.gather();
  at_end(made.chunking().chunks);
  return results;
}

struct Way {
  const char* name;
  Results (*run)(cohort::Client&, const Elements&, const AtEnd&);
};

constexpr std::array<Way, 4> kWays = {
    {{"plain loop", by_loop}, {"a task each", by_tasks}, {"chunks by hand", by_hand}, {"client.map", by_map}}};
/// Their places in kWays.
constexpr std::size_t kPlain = 0;
constexpr std::size_t kTasks = 1;
constexpr std::size_t kMap = 3;

struct Measured {
  Seconds time{};
  std::size_t pieces = 0;
  std::optional<std::uint64_t> grown_bytes;  ///< rank 0
};

struct Comparison {
  Elements elements;
  std::array<Measured, kWays.size()> ways;
};

/// How many pieces a way makes, and what they take in memory.
Measured look_at(const Way& way, cohort::Client& client, const Elements& elements) {
  Measured seen;
  const std::optional<std::uint64_t> before = resident_bytes_after_trim();
  way.run(client, elements, [&](std::size_t pieces) {
    seen.pieces = pieces;
    const std::optional<std::uint64_t> after = resident_bytes();
    if (before && after) seen.grown_bytes = *after - std::min(*before, *after);
  });
  return seen;
}

Comparison compare(cohort::Client& client, const Elements& elements, int turns) {
  const Results expected = by_loop(client, elements, [](std::size_t) {});
  Comparison comparison{elements, {}};
  std::vector<std::function<void()>> runs;
  for (std::size_t i = 0; i < kWays.size(); ++i) {
    comparison.ways[i] = look_at(kWays[i], client, elements);
    runs.emplace_back([&, i] {
      if (kWays[i].run(client, elements, [](std::size_t) {}) != expected) {
        throw std::logic_error("the same work gave other results");
      }
    });
  }
  const std::vector<Cost> costs = measure(client, turns, runs);
  for (std::size_t i = 0; i < kWays.size(); ++i) comparison.ways[i].time = costs[i].time;
  return comparison;
}

/// Time of the slots, for each element, beyond what the plain loop takes for it.
Seconds overhead(const Comparison& row, std::size_t way, int slots) {
  return (row.ways[way].time * slots - row.ways[kPlain].time) / static_cast<double>(row.elements.count);
}

void add_rows(Table& table, const Comparison& row, int slots) {
  for (std::size_t i = 0; i < kWays.size(); ++i) {
    const Measured& way = row.ways[i];
    const bool plain = i == kPlain;
    table.add({plain ? show(row.elements.element_time) : "", plain ? std::to_string(row.elements.count) : "",
               kWays[i].name, plain ? "" : std::to_string(way.pieces), show(way.time),
               plain ? "" : show(overhead(row, i, slots)), way.grown_bytes ? show_bytes(*way.grown_bytes) : "?",
               show_ratio(way.time, row.ways[kPlain].time)});
  }
}

std::string verdict(const std::string& name, const std::vector<Comparison>& all, std::size_t way) {
  std::optional<Seconds> from;
  for (const Comparison& row : all) {
    const bool pays = row.ways[kPlain].time >= kWorthwhile * row.ways[way].time;
    if (!pays) from.reset();
    if (pays && !from) from = row.elements.element_time;
  }
  const std::string up_to = show(all.back().elements.element_time);
  return from ? name + " paid from " + show(*from) + " on" : name + " did not pay up to " + up_to;
}

Elements make_elements(Seconds element_time, double speed, int slots) {
  const std::size_t most = std::min(static_cast<std::size_t>(kTotalTime / element_time), kMaxElements);
  const std::size_t count = std::max(most, kMinPerSlot * static_cast<std::size_t>(slots));
  return {element_time, count, static_cast<std::uint64_t>(element_time.count() * speed)};
}

}  // namespace

std::string tour_larger_tasks(cohort::Client& client, const Options& options) {
  const int slots = client.slot_count();
  std::printf("Use larger tasks: the same work on growing elements, with %d slots\n", slots);
  std::printf("  a task each: client.submit(f, x)      chunks by hand: client.scatter(xs, {n}).map_chunks(fs)\n");
  std::printf("  client.map: client.map(f, xs)         overhead: time of the slots beyond the plain loop's\n\n");

  const double speed = steps_per_second();
  Table table({"element", "elements", "way", "tasks", "time", "overhead each", "rank 0 grew", "time / plain"});
  std::vector<Comparison> all;
  for (const Seconds element_time : kElementTimes) {
    all.push_back(compare(client, make_elements(element_time, speed, slots), options.turns));
    add_rows(table, all.back(), slots);
  }
  table.print();

  const Comparison& small = all[1];
  const auto cost = [&](std::size_t way) {
    const Measured& seen = small.ways[way];
    return show(seen.time) + " in " + std::to_string(seen.pieces) + " tasks";
  };
  return std::to_string(small.elements.count) + " elements of " + show(small.elements.element_time) + " took " +
         show(small.ways[kPlain].time) + " in a loop, " + cost(kTasks) + ", and " + cost(kMap) +
         " that client.map chose. " + verdict("A task for each element", all, kTasks) + ", " +
         verdict("client.map", all, kMap) + ".";
}
