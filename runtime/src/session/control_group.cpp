#include "session/control_group.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace cohort::session {
namespace {

using std::filesystem::path;

/// cpu.max of version 2: "max 100000" or "150000 100000", quota and period.
std::optional<double> read_cpu_max(const path& folder) {
  std::ifstream file(folder / "cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

/// The same of version 1, in two files; -1: no limit.
std::optional<double> read_cfs_quota(const path& folder) {
  std::ifstream quota_file(folder / "cpu.cfs_quota_us");
  std::ifstream period_file(folder / "cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

template <const char* name>
std::optional<double> read_bytes(const path& folder) {
  std::ifstream file(folder / name);
  double bytes = 0;
  // Version 1 writes a number near 2^63 for no limit.
  if (file >> bytes && bytes > 0 && bytes < 0x1p62) return bytes;
  return std::nullopt;
}
constexpr char kMemoryMax[] = "memory.max";
constexpr char kLimitInBytes[] = "memory.limit_in_bytes";

using Read = std::optional<double> (*)(const path& folder);

/// A group is limited by those above it too. Inside a container its path may not exist below `mount`; `mount` itself
/// does.
void take_least(std::optional<double>& least, const path& mount, const std::string& group, Read read) {
  for (path at = path(group).relative_path();; at = at.parent_path()) {
    if (const auto limit = read(mount / at)) least = least ? std::min(*least, *limit) : *limit;
    if (at.empty()) return;
  }
}

/// The least that the groups of this process give, in version 2 and by version 1's controller.
std::optional<double> least_of_groups(const path& root, const std::string& controller, Read version_2, Read version_1) {
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
      take_least(least, root / "sys/fs/cgroup", group, version_2);
    } else if ((',' + controllers + ',').find(',' + controller + ',') != std::string::npos) {
      take_least(least, root / "sys/fs/cgroup" / controllers, group, version_1);
      take_least(least, root / "sys/fs/cgroup" / controller, group, version_1);
    }
  }
  return least;
}

}  // namespace

std::optional<double> cpu_quota(const path& root) { return least_of_groups(root, "cpu", read_cpu_max, read_cfs_quota); }

std::optional<std::uint64_t> memory_limit(const path& root) {
  const auto bytes = least_of_groups(root, "memory", read_bytes<kMemoryMax>, read_bytes<kLimitInBytes>);
  return bytes ? std::optional(static_cast<std::uint64_t>(*bytes)) : std::nullopt;
}

}  // namespace cohort::session
