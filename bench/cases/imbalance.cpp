// Tasks whose times have a heavy tail, placed adversely: shortest first, so that the longest come when all else is
// done.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "measure.hpp"

namespace bench {

namespace {

constexpr double kShortestSeconds = 200e-6;
constexpr double kLongestSeconds = 100e-3;
/// Of the Pareto distribution: its variance is infinite.
constexpr double kTail = 1.2;

/// Takes so much CPU time: what others take from the core meanwhile does not count as work done.
int work(double seconds) {
  const auto cpu_seconds = [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  };
  const double end = cpu_seconds() + seconds;
  while (cpu_seconds() < end) {
  }
  return 1;
}

/// The quantiles of the distribution, in ascending order.
std::vector<double> task_seconds(std::size_t count) {
  std::vector<double> all;
  for (std::size_t i = 0; i < count; ++i) {
    const double quantile = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    all.push_back(std::min(kLongestSeconds, kShortestSeconds * std::pow(1 - quantile, -1 / kTail)));
  }
  return all;
}

double time_to_bound(cohort::Client& client, const std::vector<double>& tasks) {
  client.run_on_all([] { work(1e-3); });
  const auto start = std::chrono::steady_clock::now();
  std::vector<cohort::Future<int>> futures;
  for (const double seconds : tasks) futures.push_back(client.submit(work, seconds));
  const std::vector<int> ended = client.gather(futures);
  const double seconds = seconds_since(start);
  if (ended.size() != tasks.size()) std::abort();
  const double bound = std::max(std::accumulate(tasks.begin(), tasks.end(), 0.0) / client.slot_count(), tasks.back());
  return seconds / bound;
}

}  // namespace

void imbalance(Bench& bench) {
  for (const std::uint64_t size : bench.sizes({1'000}, 1'000)) {
    const std::vector<double> tasks = task_seconds(size);
    bench.compare("imbalance", size, "x bound", 9,
                  {{"cohort", [&] {
                      return bench.in_cohort([&](cohort::Client& client) { return time_to_bound(client, tasks); });
                    }}});
  }
}

}  // namespace bench
