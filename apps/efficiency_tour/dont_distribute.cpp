#include "dont_distribute.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

#include "measure.hpp"
#include "table.hpp"
#include "work.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::array<Seconds, 5> kTaskTimes = {1us, 10us, 100us, 1ms, 10ms};
/// Work in a row of the table: so long for the plain loop, but some tasks for each slot.
constexpr Seconds kTotalTime = 100ms;
constexpr int kMinTasksPerSlot = 4;
/// Less than this is noise.
constexpr double kWorthwhile = 1.1;

std::uint64_t sum_plain(const std::vector<Work>& works) {
  std::uint64_t sum = 0;
  for (const Work& work : works) sum += do_work(work);
  return sum;
}

std::uint64_t sum_by_tasks(cohort::Client& client, const std::vector<Work>& works) {
  std::vector<cohort::Future<std::uint64_t>> futures;
  futures.reserve(works.size());
  for (const Work& work : works) futures.push_back(client.submit(do_work, work));
  const std::vector<std::uint64_t> results = client.gather(futures);
  return std::accumulate(results.begin(), results.end(), std::uint64_t{0});
}

struct Comparison {
  Seconds task_time{};
  std::size_t tasks = 0;
  Cost plain;
  Cost local;
  Cost ranks;  ///< zero where there are none
};

/// The smallest tasks from which on `way` is faster than the plain loop.
std::optional<Seconds> pays_from(const std::vector<Comparison>& all, Cost Comparison::*way) {
  std::optional<Seconds> from;
  for (const Comparison& row : all) {
    const bool pays = row.plain.time >= kWorthwhile * (row.*way).time;
    if (!pays) from.reset();
    if (pays && !from) from = row.task_time;
  }
  return from;
}

std::string verdict(const std::string& name, const std::vector<Comparison>& all, Cost Comparison::*way) {
  const Comparison& last = all.back();
  const std::string numbers = std::to_string(last.tasks) + " tasks of " + show(last.task_time) + ": " +
                              show((last.*way).time) + " instead of " + show(last.plain.time);
  const std::optional<Seconds> from = pays_from(all, way);
  if (!from) return name + " did not pay for tasks up to " + show(last.task_time) + " (" + numbers + ").";
  return name + " paid from tasks of " + show(*from) + " on (" + numbers + ").";
}

std::vector<Work> make_works(Seconds task_time, double speed, int slots) {
  const std::size_t count =
      std::max(static_cast<std::size_t>(kTotalTime / task_time), static_cast<std::size_t>(kMinTasksPerSlot * slots));
  std::vector<Work> works(count);
  for (std::size_t i = 0; i < count; ++i) works[i] = {i, static_cast<std::uint64_t>(task_time.count() * speed)};
  return works;
}

/// `ranks` is null where there are none.
Comparison compare(cohort::Client& local, cohort::Client* ranks, Seconds task_time, const std::vector<Work>& works,
                   int turns) {
  const std::uint64_t expected = sum_plain(works);
  const auto check = [&](std::uint64_t sum) {
    if (sum != expected) throw std::logic_error("the same work gave another result");
  };
  std::vector<std::function<void()>> ways = {[&] { check(sum_plain(works)); },
                                             [&] { check(sum_by_tasks(local, works)); }};
  if (ranks != nullptr) ways.push_back([&] { check(sum_by_tasks(*ranks, works)); });
  std::vector<Cost> costs = measure(ranks != nullptr ? *ranks : local, turns, ways);
  costs.resize(3);
  return {task_time, works.size(), costs[0], costs[1], costs[2]};
}

std::vector<std::string> header(bool over_ranks) {
  std::vector<std::string> cells = {"task", "tasks", "plain: time", "local: time", "speed-up"};
  if (over_ranks) cells.insert(cells.end(), {"ranks: time", "speed-up", "to rank 0", "messages"});
  return cells;
}

std::vector<std::string> cells_of(const Comparison& row, bool over_ranks) {
  std::vector<std::string> cells = {show(row.task_time), std::to_string(row.tasks), show(row.plain.time),
                                    show(row.local.time), show_ratio(row.plain.time, row.local.time)};
  if (over_ranks) {
    cells.insert(cells.end(), {show(row.ranks.time), show_ratio(row.plain.time, row.ranks.time),
                               show_bytes(row.ranks.bytes_to_rank_0), std::to_string(row.ranks.messages)});
  }
  return cells;
}

}  // namespace

std::string tour_dont_distribute(cohort::Client& client, bool over_ranks, const Options& options) {
  cohort::Client local = cohort::local();
  std::printf("Don't go distributed when one machine will do: the same work, in growing tasks\n");
  std::printf("  plain: a loop      local: tasks on cohort::local(), %d slots", local.slot_count());
  if (over_ranks) std::printf("      ranks: tasks on %d workers, %d slots", client.worker_count(), client.slot_count());
  std::printf("\n\n");

  const double speed = steps_per_second();
  const int slots = std::max(local.slot_count(), client.slot_count());
  Table table(header(over_ranks));
  std::vector<Comparison> all;
  for (const Seconds task_time : kTaskTimes) {
    const std::vector<Work> works = make_works(task_time, speed, slots);
    all.push_back(compare(local, over_ranks ? &client : nullptr, task_time, works, options.turns));
    table.add(cells_of(all.back(), over_ranks));
  }
  table.print();

  std::string seen = verdict("Threads of one process", all, &Comparison::local);
  if (over_ranks) seen += " " + verdict("Distribution over ranks", all, &Comparison::ranks);
  return seen;
}
