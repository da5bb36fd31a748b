#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "session/settings.hpp"

namespace cohort::session {

/// What the batch system has given this job, as far as its environment tells. Only Slurm's is understood.
struct Allocation {
  std::string job = {};  ///< its id, as scontrol takes it
  std::optional<int> nodes = std::nullopt;
  std::optional<int> tasks = std::nullopt;
  std::optional<int> cpus_per_task = std::nullopt;
  /// CPUs of all nodes together.
  std::optional<int> cpus = std::nullopt;
  std::optional<std::int64_t> node_memory_mib = std::nullopt;  ///< on each node
  std::optional<std::int64_t> cpu_memory_mib = std::nullopt;   ///< for each CPU, where the job asked for it so
  int restarts = 0;                                            ///< how often it was requeued
  std::optional<std::chrono::system_clock::time_point> end = std::nullopt;

  bool operator==(const Allocation&) const = default;
};

/// Nothing outside a job.
std::optional<Allocation> read_allocation(const Environment& environment = process_environment);

/// One line: "Slurm job 12: 3 nodes, 6 tasks, 2 CPUs each, 4000 MiB a node, started again 1 time".
std::string describe(const Allocation& allocation);

/// Runs a command and returns what it prints; nothing if that fails, or takes more than a few seconds.
using Ask = std::function<std::optional<std::string>(const std::string& command)>;
std::optional<std::string> ask_shell(const std::string& command);

/// How long the job may still run: by its end where the environment tells, else Slurm is asked. Nothing if it has no
/// limit, or nobody knows.
std::optional<std::chrono::seconds> job_time_left(const Allocation& allocation,
                                                  std::chrono::system_clock::time_point now,
                                                  const Ask& ask = ask_shell);

}  // namespace cohort::session
