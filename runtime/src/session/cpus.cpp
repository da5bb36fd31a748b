#include "session/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>

namespace cohort::session {
namespace {

/// cpu.max of version 2: "max 100000" or "150000 100000", quota and period.
std::optional<double> read_cpu_max(const std::filesystem::path& folder) {
  std::ifstream file(folder / "cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

/// The same of version 1, in two files; -1: no limit.
std::optional<double> read_cfs_quota(const std::filesystem::path& folder) {
  std::ifstream quota_file(folder / "cpu.cfs_quota_us");
  std::ifstream period_file(folder / "cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

/// A group is limited by those above it too. Inside a container its path may not exist below `mount`; `mount` itself
/// does.
template <class Read>
void take_least(std::optional<double>& least, const std::filesystem::path& mount, const std::string& group, Read read) {
  for (std::filesystem::path at = std::filesystem::path(group).relative_path();; at = at.parent_path()) {
    if (const auto quota = read(mount / at)) least = least ? std::min(*least, *quota) : *quota;
    if (at.empty()) return;
  }
}

}  // namespace

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

std::optional<double> cpu_quota(const std::filesystem::path& root) {
  std::optional<double> least;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "0::/path" or "4:cpu,cpuacct:/path"
    std::istringstream fields(line);
    std::string number;
    std::string controllers;
    std::string group;
    if (!std::getline(fields, number, ':') || !std::getline(fields, controllers, ':')) continue;
    std::getline(fields, group);
    if (controllers.empty()) {
      take_least(least, root / "sys/fs/cgroup", group, read_cpu_max);
    } else if ((',' + controllers + ',').find(",cpu,") != std::string::npos) {
      take_least(least, root / "sys/fs/cgroup" / controllers, group, read_cfs_quota);
      take_least(least, root / "sys/fs/cgroup/cpu", group, read_cfs_quota);
    }
  }
  return least;
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
