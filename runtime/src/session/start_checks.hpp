#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "session/launch.hpp"
#include "session/rank_facts.hpp"

namespace cohort::session {

/// One thing that was looked at before a run.
struct Check {
  std::string what;                 ///< that is well if there are no faults
  std::vector<std::string> faults;  ///< each a sentence with the mend
  bool said_at_start = false;       ///< such a fault is sure to slow or break a run, and is said without being asked
};

/// What can be told from what the ranks know of themselves; `slots` by rank.
std::vector<Check> check_facts(std::span<const RankFacts> ranks, std::span<const int> slots);

/// Whether the job is used: Slurm was asked for several tasks, and this is one process outside of srun and mpirun.
Check check_use_of_job(int ranks, const Environment& environment = process_environment);

/// What one rank has measured, or has been measured on it.
struct RankSpeed {
  base::Time arithmetic{};  ///< of a fixed loop
  base::Time round_trip{};  ///< of a short message from rank 0
};

/// Whether each host computes and answers as quickly as most do. Tells nothing where slots have to share CPUs.
std::vector<Check> check_speeds(std::span<const RankFacts> ranks, std::span<const int> slots,
                                std::span<const RankSpeed> speeds);

/// A fixed loop that takes about a millisecond, as quick as it was in several attempts: other work on the CPU does not
/// count.
base::Time measure_arithmetic();

/// The checks as a table.
std::string draw_checks(std::span<const Check> checks);

/// Faults in all of them.
std::size_t count_faults(std::span<const Check> checks);

}  // namespace cohort::session
