#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "session/topology.hpp"

namespace cohort::session {

/// What a user may ask for.
enum class Bind : std::uint8_t {
  automatic,  ///< as `cores`, if the CPUs are this run's own: a part of the machine, or all of it in use
  cores,      ///< each slot to cores of its own, wherever there are enough
  none
};

/// What one rank wants of its machine's CPUs.
struct CpuClaim {
  CpuSet may_use;
  int slots = 0;
  /// Threads that tasks start by themselves, as OpenMP's: so many cores each slot gets. >= 1.
  int threads_per_slot = 1;
  /// It has a thread that runs the body and the scheduler, which is not bound, but needs a core.
  bool client = false;
  /// It may use these CPUs for a part of the time only: others run there too.
  bool metered = false;
};

/// Which CPUs each slot of each rank may use.
struct Binding {
  std::vector<std::vector<CpuSet>> slots;  ///< by rank and slot; an empty set: not bound
  std::string why_not;                     ///< if not every slot has cores of its own, or the client has none
};

/// Binds the slots of all ranks of one machine: never outside of what a rank may use, never two on one core. A slot
/// gets whole cores, or single CPUs of them if `hyperthreads`; neighbours, in one NUMA domain if one has room. If only
/// the client's core is missing, slots have theirs all the same, and the client shares them: unbound, two workers that
/// wait for each other may end up on one core. The slots of a process that is alone sleep where they wait: they are
/// bound to NUMA domains, where there are several. If more is missing, to nothing.
///
/// The same on every rank that asks with the same arguments.
Binding plan_binding(const Topology& topology, std::span<const CpuClaim> ranks, Bind how, bool hyperthreads);

/// "0-3,8": as Linux writes them.
std::string describe_cpus(std::span<const int> cpus);

}  // namespace cohort::session
