#include "session/start_checks.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>

#include "session/clock.hpp"

namespace cohort::session {
namespace {

using namespace std::chrono_literals;

/// Less than this leaves no room for data.
constexpr std::uint64_t kBytesOfRank = std::uint64_t{64} << 20U;
constexpr std::uint64_t kBytesOfSlot = std::uint64_t{32} << 20U;

/// So many times as slow as most: a host that is throttled, or a link that is not the one it should be.
constexpr int kSlowLink = 5;
constexpr double kSlowClock = 1.4;
/// Below it a round trip is good whatever the others do.
constexpr base::Time kGoodRoundTrip = 50us;

std::string count(std::size_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

/// "a, b and c", "a, b, c and 4 more"
std::string name_some(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == kMost && names.size() > kMost + 1) return text + " and " + std::to_string(names.size() - i) + " more";
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  return text;
}

/// "rank 3 on a", "ranks 1 and 2 on a and b (one machine)"
std::string name_ranks(std::span<const RankFacts> all, const std::vector<std::size_t>& ranks, bool with_hosts = true) {
  std::vector<std::string> numbers;
  std::vector<std::string> hosts;
  for (const std::size_t rank : ranks) {
    numbers.push_back(std::to_string(rank));
    if (std::find(hosts.begin(), hosts.end(), all[rank].host) == hosts.end()) hosts.push_back(all[rank].host);
  }
  return (ranks.size() == 1 ? "rank " : "ranks ") + name_some(numbers) +
         (with_hosts ? " on " + name_some(hosts) + (hosts.size() > 1 ? " (one machine)" : "") : "");
}

std::map<std::string, std::vector<std::size_t>> by_machine(std::span<const RankFacts> ranks) {
  std::map<std::string, std::vector<std::size_t>> machines;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) machines[ranks[rank].machine].push_back(rank);
  return machines;
}

/// CPUs that more slots must share than there are, and the ranks that can use no others.
struct Crowd {
  CpuSet cpus;
  std::vector<std::size_t> ranks;
  std::size_t slots = 0;
};

/// The smallest sets of CPUs first: each that a rank may use, and all of them.
std::vector<CpuSet> sets_in_use(std::span<const RankFacts> ranks, const std::vector<std::size_t>& members) {
  std::set<CpuSet> sets;
  CpuSet all;
  for (const std::size_t rank : members) {
    sets.insert(ranks[rank].cpus);
    CpuSet both;
    std::set_union(all.begin(), all.end(), ranks[rank].cpus.begin(), ranks[rank].cpus.end(), std::back_inserter(both));
    all = both;
  }
  sets.insert(all);
  std::vector<CpuSet> smallest_first(sets.begin(), sets.end());
  std::sort(smallest_first.begin(), smallest_first.end(),
            [](const CpuSet& a, const CpuSet& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  return smallest_first;
}

std::optional<Crowd> find_crowd(std::span<const RankFacts> ranks, std::span<const int> slots,
                                std::vector<std::size_t> members) {
  std::erase_if(members, [&](std::size_t rank) { return slots[rank] == 0; });
  for (const CpuSet& cpus : sets_in_use(ranks, members)) {
    Crowd crowd{cpus, {}, 0};
    for (const std::size_t rank : members) {
      if (!std::includes(cpus.begin(), cpus.end(), ranks[rank].cpus.begin(), ranks[rank].cpus.end())) continue;
      crowd.ranks.push_back(rank);
      crowd.slots += static_cast<std::size_t>(slots[rank]);
    }
    if (crowd.slots > cpus.size()) return crowd;
  }
  return std::nullopt;
}

/// Whether there are too few CPUs, and whether ranks crowd on some while there are others.
std::vector<Check> check_cpus(std::span<const RankFacts> ranks, std::span<const int> slots) {
  Check enough{"there is a CPU for each slot", {}, true};
  Check spread{"slots may use all CPUs that they need", {}, true};
  for (const auto& [machine, members] : by_machine(ranks)) {
    const std::optional<Crowd> crowd = find_crowd(ranks, slots, members);
    if (!crowd) continue;
    const RankFacts& first = ranks[crowd->ranks.front()];
    const std::string who = name_ranks(ranks, crowd->ranks);
    if (crowd->cpus.size() < first.machine_cpus) {
      spread.faults.push_back(who + ", with " + count(crowd->slots, "slot") + ", may use CPU" +
                              (crowd->cpus.size() == 1 ? " " : "s ") + describe_cpus(crowd->cpus) + " only, of " +
                              std::to_string(first.machine_cpus) +
                              ": if the launcher has bound them, start with `mpirun --bind-to none` or `srun "
                              "--cpu-bind=none`; else ask for "
                              "more CPUs (--cpus-per-task) or fewer slots (--cohort-threads)");
    } else {
      enough.faults.push_back(who + (crowd->ranks.size() == 1 ? " has " : " have ") + count(crowd->slots, "slot") +
                              " on " + count(crowd->cpus.size(), "CPU") +
                              ": start fewer ranks, or give them fewer slots (--cohort-threads)");
    }
  }
  // Who has allowed it knows.
  enough.said_at_start =
      std::none_of(ranks.begin(), ranks.end(), [](const RankFacts& facts) { return facts.may_oversubscribe; });
  return {enough, spread};
}

Check check_thread_level(std::span<const RankFacts> ranks, std::span<const int> slots) {
  Check check{"MPI allows calls from the threads that a rank has", {}, false};
  std::vector<std::size_t> limited;
  int wanted = 0;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    if (!ranks[rank].one_thread || slots[rank] < 2) continue;
    limited.push_back(rank);
    wanted = std::max(wanted, slots[rank]);
  }
  if (limited.empty()) return check;
  check.faults.push_back("MPI allows calls from one thread only, and " + name_ranks(ranks, limited, false) +
                         " should have " + count(static_cast<std::size_t>(wanted), "slot") +
                         ": ask MPI_Init_thread for MPI_THREAD_SERIALIZED, or start more ranks instead");
  return check;
}

Check check_memory(std::span<const RankFacts> ranks, std::span<const int> slots) {
  Check check{"there is memory for each rank", {}, true};
  for (const auto& [machine, members] : by_machine(ranks)) {
    std::optional<std::uint64_t> limit;
    std::uint64_t wanted = 0;
    for (const std::size_t rank : members) {
      if (ranks[rank].memory_bytes) limit = std::min(*ranks[rank].memory_bytes, limit.value_or(UINT64_MAX));
      wanted += kBytesOfRank + kBytesOfSlot * static_cast<std::uint64_t>(slots[rank]);
    }
    if (!limit || wanted <= *limit) continue;
    check.faults.push_back(
        name_ranks(ranks, members) + " may use " + std::to_string(*limit >> 20U) +
        " MiB of memory together, and need " + std::to_string(wanted >> 20U) +
        " before they hold any data: ask for more (--mem, --mem-per-cpu), or start fewer ranks there");
  }
  return check;
}

Check check_scratch(std::span<const RankFacts> ranks) {
  Check check{"each host has a folder for scratch files (TMPDIR)", {}, false};
  std::set<std::string> seen_hosts;
  for (const RankFacts& facts : ranks) {
    if (facts.scratch_fault.empty() || !seen_hosts.insert(facts.host).second) continue;
    check.faults.push_back("nothing can be written to " + facts.scratch + " on " + facts.host + " (" +
                           facts.scratch_fault +
                           "): set TMPDIR to a folder on the node itself that exists and is yours");
  }
  return check;
}

/// The quickest of each host's ranks, since others may have been disturbed; by host.
std::map<std::string, base::Time> best_of_hosts(std::span<const RankFacts> ranks, std::span<const RankSpeed> speeds,
                                                base::Time RankSpeed::*measured) {
  std::map<std::string, base::Time> best;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const auto [at, first] = best.emplace(ranks[rank].host, speeds[rank].*measured);
    if (!first) at->second = std::min(at->second, speeds[rank].*measured);
  }
  return best;
}

/// The quicker one of the two in the middle.
base::Time median(const std::map<std::string, base::Time>& times) {
  std::vector<base::Time> sorted;
  for (const auto& [host, time] : times) sorted.push_back(time);
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? base::Time{} : sorted[(sorted.size() - 1) / 2];
}

std::string in_us(base::Time time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count()) + " us";
}

}  // namespace

std::vector<Check> check_facts(std::span<const RankFacts> ranks, std::span<const int> slots) {
  std::vector<Check> checks = check_cpus(ranks, slots);
  checks.push_back(check_thread_level(ranks, slots));
  checks.push_back(check_memory(ranks, slots));
  checks.push_back(check_scratch(ranks));
  return checks;
}

Check check_use_of_job(int ranks, const Environment& environment) {
  Check check{"all tasks of the Slurm job are used", {}, false};
  const std::string tasks = environment("SLURM_NTASKS").value_or("1");
  if (ranks == 1 && tasks != "1" && environment("SLURM_JOB_ID") && !environment("SLURM_STEP_ID")) {
    check.faults.push_back("the Slurm job has " + tasks +
                           " tasks, and this is one process: start it by cohort-run, mpirun or `srun --mpi=pmix`");
  }
  return check;
}

std::vector<Check> check_speeds(std::span<const RankFacts> ranks, std::span<const int> slots,
                                std::span<const RankSpeed> speeds) {
  if (count_faults(check_cpus(ranks, slots)) > 0) {
    return {{"hosts were not measured: ranks that share CPUs disturb each other", {}, false}};
  }
  Check clock{"all hosts compute about as fast", {}, false};
  const auto arithmetic = best_of_hosts(ranks, speeds, &RankSpeed::arithmetic);
  const base::Time usual = median(arithmetic);
  for (const auto& [host, time] : arithmetic) {
    if (static_cast<double>(time.count()) <= kSlowClock * static_cast<double>(usual.count())) continue;
    clock.faults.push_back(host + " needs " + in_us(time) + " for a loop that takes " + in_us(usual) +
                           " elsewhere: leave it out, or see what else runs there and whether its clock is throttled");
  }
  Check link{"all hosts answer about as fast", {}, false};
  auto round_trips = best_of_hosts(ranks, speeds, &RankSpeed::round_trip);
  round_trips.erase(ranks[0].host);  // through memory
  const base::Time usual_trip = median(round_trips);
  for (const auto& [host, time] : round_trips) {
    if (time <= kGoodRoundTrip || time <= kSlowLink * usual_trip) continue;
    link.faults.push_back("a message to " + host + " and back takes " + in_us(time) + ", and " + in_us(usual_trip) +
                          " to most hosts: leave it out, or see which network MPI uses there (btl_tcp_if_include)");
  }
  return {clock, link};
}

base::Time measure_arithmetic() {
  constexpr int kAttempts = 20;
  base::Time best = base::Time::max();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const base::Time start = steady_now();
    std::uint64_t state = 1;
    for (int i = 0; i < 300'000; ++i)
      state = state * 6364136223846793005U + 1442695040888963407U;  // each needs the last
    const volatile std::uint64_t kept = state;
    static_cast<void>(kept);
    best = std::min(best, steady_now() - start);
  }
  return best;
}

std::string draw_checks(std::span<const Check> checks) {
  std::string text;
  for (const Check& check : checks) {
    text += (check.faults.empty() ? "ok     " : "FAULT  ") + check.what + "\n";
    for (const std::string& fault : check.faults) text += "       " + fault + "\n";
  }
  return text;
}

std::size_t count_faults(std::span<const Check> checks) {
  return std::transform_reduce(checks.begin(), checks.end(), std::size_t{0}, std::plus(),
                               [](const Check& check) { return check.faults.size(); });
}

}  // namespace cohort::session
