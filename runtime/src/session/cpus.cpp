#include "session/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <thread>

#include "session/control_group.hpp"

namespace cohort::session {

CpuSet bound_cpus() {
  for (int capacity = 1024; capacity <= (1 << 20); capacity *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(capacity), [](cpu_set_t* s) { CPU_FREE(s); });
    const std::size_t bytes = CPU_ALLOC_SIZE(capacity);
    if (sched_getaffinity(0, bytes, set.get()) != 0) continue;  // more CPUs than fit
    CpuSet cpus;
    for (int cpu = 0; cpu < capacity; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, set.get())) cpus.push_back(cpu);
    }
    return cpus;
  }
  CpuSet all(std::max(1U, std::thread::hardware_concurrency()));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  return all;
}

int usable_cpus() {
  const CpuSet cpus = bound_cpus();
  return default_threads(std::span(&cpus, 1), 0, cpu_quota());
}

int default_threads(std::span<const CpuSet> ranks, std::size_t index, std::optional<double> quota) {
  std::map<int, std::vector<std::size_t>> sharers;  // of each CPU
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    for (const int cpu : ranks[rank]) sharers[cpu].push_back(rank);
  }
  std::map<std::vector<std::size_t>, std::size_t> turns;  // CPUs already given out to the same sharers
  int mine = 0;
  for (const auto& [cpu, who] : sharers) {
    if (who[turns[who]++ % who.size()] == index) ++mine;
  }
  if (quota) {
    const auto paid = static_cast<std::size_t>(std::max(1.0, std::floor(*quota)));
    const std::size_t part = paid / ranks.size() + (index < paid % ranks.size() ? 1 : 0);
    mine = static_cast<int>(std::min(static_cast<std::size_t>(mine), part));
  }
  return std::max(1, mine);
}

}  // namespace cohort::session
