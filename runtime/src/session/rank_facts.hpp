#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "session/settings.hpp"

namespace cohort::session {

/// What a rank knows of itself at start, and tells the others. Settings that all must agree on are rank 0's: mpirun
/// does not pass the environment on to other nodes.
struct RankFacts {
  std::string host;
  /// The same for all that run under one kernel, whatever host name they see; empty if that cannot be read.
  std::string machine;
  Settings settings;
  CpuSet cpus;   ///< that it may use
  CpuSet cores;  ///< the first of them on each core
  std::size_t machine_cpus = 0;
  std::optional<double> cpu_quota;
  std::optional<int> threads_of_tasks;        ///< OMP_NUM_THREADS, if the user has set it
  bool may_oversubscribe = false;             ///< the launcher was told that more ranks than CPUs are fine
  bool one_thread = false;                    ///< MPI allows no more
  bool many_threads = false;                  ///< MPI allows several at once
  std::optional<std::uint64_t> memory_bytes;  ///< its control group's or its Slurm job's on this node
  std::string scratch;                        ///< TMPDIR
  std::string scratch_fault;                  ///< why nothing can be written there; empty: it can

  bool operator==(const RankFacts&) const = default;
};

/// This process's, except for what its caller knows: host, machine if it is empty, settings and what MPI allows.
RankFacts read_facts(const Topology& topology, const Environment& environment = process_environment);

/// Sets scratch_fault, by writing there.
void look_at_scratch(RankFacts& facts);

/// As the ranks send them to each other, and back. Of the settings: threads, and those that this file speaks of.
std::string to_text(const RankFacts& facts);
RankFacts facts_from(const std::string& text);

}  // namespace cohort::session
