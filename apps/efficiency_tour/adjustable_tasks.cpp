#include "adjustable_tasks.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>

#include "flags/flags.hpp"
#include "work.hpp"

namespace {

/// Some milliseconds. The same in each run, however fast it is, so that runs can be compared.
constexpr std::uint64_t kSteps = 2'000'000;
/// The same, where each look-up waits for memory.
constexpr std::uint64_t kLookUps = 50'000;

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
