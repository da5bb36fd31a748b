#include "session/allocation.hpp"

#include <stdio.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

#include "session/duration.hpp"

namespace cohort::session {

namespace {

/// All of `text`, or nothing.
std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || number < 0) return std::nullopt;
  return number;
}

std::optional<std::int64_t> number_in(const Environment& environment, const char* name) {
  const auto text = environment(name);
  return text ? to_number(*text) : std::nullopt;
}

std::optional<int> int_in(const Environment& environment, const char* name) {
  const auto number = number_in(environment, name);
  return number && *number <= INT32_MAX ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

/// SLURM_JOB_CPUS_PER_NODE: "4(x3),2" is three nodes of 4 and one of 2.
std::optional<int> sum_of_cpus(std::string_view text) {
  std::int64_t sum = 0;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    std::int64_t times = 1;
    if (const std::size_t open = part.find("(x"); open != part.npos) {
      if (!part.ends_with(')')) return std::nullopt;
      const auto number = to_number(part.substr(open + 2, part.size() - open - 3));
      if (!number || *number > INT32_MAX) return std::nullopt;
      times = *number;
      part = part.substr(0, open);
    }
    const auto cpus = to_number(part);
    if (!cpus || *cpus > INT32_MAX) return std::nullopt;
    sum += *cpus * times;
    if (sum > INT32_MAX) return std::nullopt;
  }
  return static_cast<int>(sum);
}

std::string count(std::int64_t number, const std::string& name) {
  return std::to_string(number) + " " + name + (number == 1 ? "" : "s");
}

}  // namespace

std::optional<Allocation> read_allocation(const Environment& environment) {
  const auto job = environment("SLURM_JOB_ID");
  // It becomes part of a command.
  if (!job || !to_number(*job)) return std::nullopt;
  Allocation allocation;
  allocation.job = *job;
  allocation.nodes = int_in(environment, "SLURM_JOB_NUM_NODES");
  allocation.tasks = int_in(environment, "SLURM_NTASKS");
  allocation.cpus_per_task = int_in(environment, "SLURM_CPUS_PER_TASK");
  if (const auto cpus = environment("SLURM_JOB_CPUS_PER_NODE")) allocation.cpus = sum_of_cpus(*cpus);
  allocation.node_memory_mib = number_in(environment, "SLURM_MEM_PER_NODE");
  allocation.cpu_memory_mib = number_in(environment, "SLURM_MEM_PER_CPU");
  allocation.restarts = int_in(environment, "SLURM_RESTART_COUNT").value_or(0);
  // Seconds since 1970; zero: no limit. Not told by every Slurm.
  if (const auto end = number_in(environment, "SLURM_JOB_END_TIME"); end && *end > 0) {
    allocation.end = std::chrono::system_clock::time_point(std::chrono::seconds(*end));
  }
  return allocation;
}

std::string describe(const Allocation& allocation) {
  std::string text = "Slurm job " + allocation.job;
  const char* before = ": ";
  const auto add = [&](const std::string& part) {
    text += before + part;
    before = ", ";
  };
  if (allocation.nodes) add(count(*allocation.nodes, "node"));
  if (allocation.tasks) add(count(*allocation.tasks, "task"));
  if (allocation.cpus_per_task) add(count(*allocation.cpus_per_task, "CPU") + " each");
  if (allocation.cpus) add(count(*allocation.cpus, "CPU") + " in all");
  if (allocation.node_memory_mib) add(std::to_string(*allocation.node_memory_mib) + " MiB a node");
  if (allocation.cpu_memory_mib) add(std::to_string(*allocation.cpu_memory_mib) + " MiB a CPU");
  if (allocation.restarts > 0) add("started again " + count(allocation.restarts, "time"));
  return text;
}

std::optional<std::string> ask_shell(const std::string& command) {
  // A controller that does not answer must not keep the run from starting.
  FILE* pipe = ::popen(("timeout 5 " + command + " 2>/dev/null </dev/null").c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string text;
  char buffer[256];
  while (::fgets(buffer, sizeof(buffer), pipe) != nullptr) text += buffer;
  return ::pclose(pipe) == 0 ? std::optional(text) : std::nullopt;
}

std::optional<std::chrono::seconds> job_time_left(const Allocation& allocation,
                                                  std::chrono::system_clock::time_point now, const Ask& ask) {
  // One that has passed was set before the job's time was extended, or in a shell of a job that is gone.
  if (allocation.end && *allocation.end > now) {
    return std::chrono::duration_cast<std::chrono::seconds>(*allocation.end - now);
  }
  const auto answer = ask("squeue -h -j " + allocation.job + " -o %L");
  // "UNLIMITED", "NOT_SET" and the like are no durations.
  return answer ? parse_duration(std::string_view(*answer).substr(0, answer->find_first_of(" \n"))) : std::nullopt;
}

}  // namespace cohort::session
