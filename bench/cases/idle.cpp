// What a run costs that has nothing to do, and how soon it is awake again.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "measure.hpp"

namespace bench {

namespace {

constexpr std::chrono::seconds kIdle{5};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<double> cpu_seconds_of_all(cohort::Client& client) {
  std::vector<double> all = client.run_on_all([] { return cpu_seconds(); });
  if (all.size() > 1 || client.submit([] { return cohort::this_task::rank(); }).result() != 0)
    all.push_back(cpu_seconds());
  return all;
}

/// Of the rank that takes most, in percent of one CPU.
double idle_percent(cohort::Client& client) {
  const std::vector<double> before = cpu_seconds_of_all(client);
  std::this_thread::sleep_for(kIdle);
  const std::vector<double> after = cpu_seconds_of_all(client);
  double most = 0;
  for (std::size_t i = 0; i < before.size(); ++i) most = std::max(most, after[i] - before[i]);
  return 100 * most / static_cast<double>(kIdle.count());
}

double first_task_after(cohort::Client& client) {
  const auto work = [](int x) { return x + 1; };
  client.submit(work, 1).result();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto start = std::chrono::steady_clock::now();
  if (client.submit(work, 2).result() != 3) std::abort();
  return seconds_since(start) * 1e6;
}

}  // namespace

void idle(Bench& bench) {
  bench.compare("idle", 0, "% of a CPU", 3, {{"cohort, idle", [&] { return bench.in_cohort(idle_percent); }}});
  bench.compare("idle", 0, "us", 7, {{"cohort, first task", [&] { return bench.in_cohort(first_task_after); }}});
}

}  // namespace bench
