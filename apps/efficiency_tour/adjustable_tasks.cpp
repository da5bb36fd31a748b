#include "adjustable_tasks.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>

#include "flags/flags.hpp"
#include "shared_counters.hpp"
#include "work.hpp"

namespace {

/// Some milliseconds. The same in each run, however fast it is, so that runs can be compared.
constexpr std::uint64_t kSteps = 2'000'000;
/// The same, where each look-up waits for memory.
constexpr std::uint64_t kLookUps = 50'000;
constexpr std::uint64_t kCounts = 2'000'000;
/// More than the caches of a machine hold for one core.
constexpr std::size_t kStreamBytes = std::size_t{64} << 20;

using Table = std::vector<std::uint64_t>;

std::uint64_t compute(std::uint64_t seed) { return do_work({seed, kSteps}); }

std::uint64_t compute_with_lock(std::uint64_t seed) {
  // One for each process: what a library that is not made for threads has inside.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  return do_work({seed, kSteps});
}

std::uint64_t look_up(const Table& table, std::uint64_t seed) {
  std::uint64_t at = seed;
  for (std::uint64_t i = 0; i < kLookUps; ++i) at = table[(at + i * 0x9e3779b97f4a7c15) % table.size()];
  return at;
}

Table make_table(std::size_t bytes) {
  Table table(std::max<std::size_t>(bytes / sizeof(std::uint64_t), 1));
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = do_work({i, 1});
  return table;
}

/// Of arrays of its slot, which stay from task to task. The result is the same for all of them but for the seed.
std::uint64_t stream(std::uint64_t seed) {
  thread_local std::vector<std::uint64_t> from(kStreamBytes / sizeof(std::uint64_t), 1);
  thread_local std::vector<std::uint64_t> to(from.size());
  std::transform(from.begin(), from.end(), to.begin(), [seed](std::uint64_t value) { return value + seed; });
  return to[seed % to.size()];
}

std::uint64_t count(const std::string& path, std::uint64_t seed) {
  // Never destroyed: a process may end while tasks run.
  static const SharedCounters& counters = *new SharedCounters(path);
  const auto all = counters.all();
  std::uint64_t x = seed;
  for (std::uint64_t i = 0; i < kCounts; ++i) {
    x = x * 6364136223846793005 + 1442695040888963407;  // Knuth's MMIX
    all[(x >> 32) % all.size()].fetch_add(1, std::memory_order_relaxed);
  }
  return x;
}

std::uint64_t sum(cohort::Client& client, const std::vector<cohort::Future<std::uint64_t>>& futures) {
  const std::vector<std::uint64_t> results = client.gather(futures);
  return std::accumulate(results.begin(), results.end(), std::uint64_t{0});
}

template <class... Args>
std::uint64_t run_all(cohort::Client& client, std::size_t tasks, const Args&... call) {
  std::vector<cohort::Future<std::uint64_t>> futures;
  futures.reserve(tasks);
  for (std::uint64_t seed = 0; seed < tasks; ++seed) futures.push_back(client.submit(call..., seed));
  return sum(client, futures);
}

}  // namespace

const std::vector<AdjustableTask>& adjustable_tasks() {
  static const std::vector<AdjustableTask> all = {
      {"scales", "computes, alone",
       [](cohort::Client& client, std::size_t tasks, std::size_t) { return run_all(client, tasks, compute); }},
      {"lock", "computes under a lock of its process",
       [](cohort::Client& client, std::size_t tasks, std::size_t) {
         return run_all(client, tasks, compute_with_lock);
       }},
      {"table", "looks up in a large table",
       [](cohort::Client& client, std::size_t tasks, std::size_t table_bytes) {
         return run_all(client, tasks, look_up, client.broadcast(make_table(table_bytes)));
       }},
      {"counters", "counts in memory that all processes of a machine share",
       [](cohort::Client& client, std::size_t tasks, std::size_t) {
         const SharedCounters counters;
         return run_all(client, tasks, count, counters.path());
       }},
      {"stream", "streams through memory of its slot",
       [](cohort::Client& client, std::size_t tasks, std::size_t) { return run_all(client, tasks, stream); }},
  };
  return all;
}

const AdjustableTask& adjustable_task(const std::string& name) {
  std::string names;
  for (const AdjustableTask& task : adjustable_tasks()) {
    if (task.name == name) return task;
    names += (names.empty() ? "" : ", ") + std::string(task.name);
  }
  throw WrongUse("--task " + name + ": there are " + names);
}
