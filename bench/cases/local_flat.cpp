// The cost of a task in one process, on threads: as submit_flat, beside oneTBB. Built where that is found.
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/flat.hpp"
#include "measure.hpp"

namespace bench {

namespace {

constexpr int kThreads = 2;

/// The calling thread is one of them, and takes part once it waits.
double by_task_group(int count) {
  std::vector<int> results(static_cast<std::size_t>(count));
  oneapi::tbb::task_arena arena(kThreads);
  return arena.execute([&] {
    const auto start = std::chrono::steady_clock::now();
    oneapi::tbb::task_group group;
    for (int i = 0; i < count; ++i) {
      group.run([&results, i] { results[static_cast<std::size_t>(i)] = flat::work(i); });
    }
    group.wait();
    const double seconds = seconds_since(start);
    flat::require_results(results, count);
    return seconds / count * 1e6;
  });
}

}  // namespace

void local_flat(Bench& bench) {
  for (const std::uint64_t size : bench.sizes(flat::kCounts, flat::kStandardCount)) {
    const int count = static_cast<int>(size);
    bench.compare("local_flat", size, "us/task", flat::repetitions_for(size),
                  {{"oneTBB task_group", [&] { return by_task_group(count); }},
                   {"cohort", [&] {
                      return bench.in_local_cohort(
                          kThreads, [&](cohort::Client& client) { return flat::submitted(client, count); });
                    }}});
  }
}

}  // namespace bench
