#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace cohort::session {

/// Numbers of the CPUs a process may run on, ascending.
using CpuSet = std::vector<int>;

/// The CPUs this process is bound to.
CpuSet bound_cpus();

/// CPUs this process may keep busy, >= 1: those it is bound to, or as many as its quota pays for if that is less.
int usable_cpus();

/// Slots of rank `index` of those with slots on one node, >= 1: the CPUs it is bound to, where each CPU counts for one
/// of the ranks bound to it, in turns. `quota`, if any, is divided among all of them.
int default_threads(std::span<const CpuSet> ranks, std::size_t index, std::optional<double> quota = std::nullopt);

}  // namespace cohort::session
