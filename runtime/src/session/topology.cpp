#include "session/topology.hpp"

#include <hwloc.h>

#include <algorithm>
#include <memory>
#include <set>

namespace cohort::session {
namespace {

/// Loads what is given, or this machine if nothing is.
Topology load(const char* description) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return {};
  const std::unique_ptr<hwloc_topology, void (*)(hwloc_topology*)> topology(raw, hwloc_topology_destroy);
  // Ranks in different control groups must see the same machine, and nothing else of it is of use here.
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  hwloc_topology_set_all_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_STRUCTURE);
  hwloc_topology_set_type_filter(raw, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL);
  // Linux knows what this one asks each CPU in turn, on that CPU: half of the time.
  hwloc_topology_set_components(raw, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
  if (description != nullptr && hwloc_topology_set_synthetic(raw, description) != 0) return {};
  if (hwloc_topology_load(raw) != 0) return {};

  Topology cpus;
  for (hwloc_obj_t cpu = nullptr; (cpu = hwloc_get_next_obj_by_type(raw, HWLOC_OBJ_PU, cpu)) != nullptr;) {
    const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(raw, HWLOC_OBJ_CORE, cpu);
    cpus.push_back({.id = static_cast<int>(cpu->os_index),
                    // Where cores are not told, each CPU counts for one.
                    .core = static_cast<int>(core != nullptr ? core->logical_index : cpu->logical_index),
                    .domain = std::max(0, hwloc_bitmap_first(cpu->nodeset))});
  }
  return cpus;
}

}  // namespace

Topology read_topology() { return load(nullptr); }

Topology describe_topology(const std::string& description) { return load(description.c_str()); }

CpuSet one_of_each_core(const Topology& topology, std::span<const int> cpus) {
  CpuSet chosen;
  std::set<int> seen_cores;
  for (const int id : cpus) {
    const auto cpu = std::find_if(topology.begin(), topology.end(), [id](const Cpu& c) { return c.id == id; });
    if (cpu == topology.end() || seen_cores.insert(cpu->core).second) chosen.push_back(id);
  }
  return chosen;
}

}  // namespace cohort::session
