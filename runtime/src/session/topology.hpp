#pragma once

#include <span>
#include <string>
#include <vector>

#include "session/cpus.hpp"

namespace cohort::session {

/// A CPU, by Linux's number, and the core and the NUMA domain that it is part of.
struct Cpu {
  int id = 0;
  int core = 0;
  int domain = 0;

  bool operator==(const Cpu&) const = default;
};

/// All CPUs of a machine, neighbours beside each other.
using Topology = std::vector<Cpu>;

/// This machine's, also the CPUs that this process may not use. Empty if it cannot be read.
Topology read_topology();

/// Of a machine that is described in hwloc's way, "numa:2 core:8 pu:2"; empty if that cannot be understood.
Topology describe_topology(const std::string& description);

/// The first of `cpus` on each core. CPUs that the topology does not know stay.
CpuSet one_of_each_core(const Topology& topology, std::span<const int> cpus);

}  // namespace cohort::session
