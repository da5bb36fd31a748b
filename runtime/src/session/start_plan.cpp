#include "session/start_plan.hpp"

#include <algorithm>
#include <sstream>

namespace cohort::session {

namespace {

/// What one of `count` gives up so that all of them together give up `total`.
int share_of(int total, std::size_t count, std::size_t index) {
  const int each = total / static_cast<int>(count);
  return each + (static_cast<int>(index) < total % static_cast<int>(count) ? 1 : 0);
}

}  // namespace

std::vector<int> plan_slots(std::span<const RankFacts> ranks) {
  std::vector<int> slots;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    if (rank == 0 && ranks.size() > 1) {
      slots.push_back(ranks[0].settings.rank0_threads);
      continue;
    }
    const int told = ranks[rank].settings.threads > 0 ? ranks[rank].settings.threads : ranks[0].settings.threads;
    const bool one = ranks[rank].settings.one_thread;
    if (one || told > 0) {
      slots.push_back(one ? 1 : told);
      continue;
    }
    std::vector<CpuSet> workers;
    std::size_t mine = 0;
    for (std::size_t other = ranks.size() == 1 ? 0 : 1; other < ranks.size(); ++other) {
      if (ranks[other].host != ranks[rank].host) continue;
      if (other == rank) mine = workers.size();
      workers.push_back(ranks[0].settings.hyperthreads ? ranks[other].cpus : ranks[other].cores);
    }
    int usable = default_threads(workers, mine, ranks[rank].cpu_quota);
    if (ranks[rank].host == ranks[0].host && ranks.size() > 1) {
      usable -= share_of(ranks[0].settings.rank0_threads, workers.size(), mine);
    }
    slots.push_back(std::max(1, usable));
  }
  return slots;
}

SlotBinding plan_rank_binding(const Topology& topology, std::span<const RankFacts> ranks, std::span<const int> slots,
                              std::size_t rank) {
  std::vector<CpuClaim> claims;
  std::size_t mine = 0;
  for (std::size_t other = 0; other < ranks.size(); ++other) {
    const RankFacts& facts = ranks[other];
    if (facts.machine != ranks[rank].machine) continue;
    if (other == rank) mine = claims.size();
    claims.push_back({.may_use = facts.cpus,
                      .slots = slots[other],
                      .threads_per_slot = facts.threads_of_tasks.value_or(1),
                      .client = other == 0,
                      .metered = facts.cpu_quota && *facts.cpu_quota < static_cast<double>(facts.cpus.size())});
  }
  Binding binding = plan_binding(topology, claims, ranks[0].settings.bind, ranks[0].settings.hyperthreads);
  return {std::move(binding.slots[mine]), std::move(binding.why_not)};
}

std::string draw_bindings(std::span<const RankFacts> ranks, std::span<const SlotBinding> bindings) {
  std::ostringstream text;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const std::string who = "cohort: rank " + std::to_string(rank) + " on " + ranks[rank].host + ", ";
    const std::string may_use = "CPUs " + describe_cpus(ranks[rank].cpus);
    if (rank == 0) text << who << "scheduler and body: any of " << may_use << '\n';
    const SlotBinding& binding = bindings[rank];
    for (std::size_t slot = 0; slot < binding.slots.size(); ++slot) {
      text << who << "slot " << slot << ": ";
      if (binding.slots[slot].empty()) {
        text << "any of " << may_use << " (not bound: " << binding.why_not << ")\n";
      } else {
        text << "CPUs " << describe_cpus(binding.slots[slot])
             << (binding.why_not.empty() ? "" : " (" + binding.why_not + ")") << '\n';
      }
    }
  }
  return text.str();
}

std::string to_text(const SlotBinding& binding) {
  std::string text = binding.why_not + "\n";
  for (const CpuSet& slot : binding.slots) {
    for (const int cpu : slot) text += std::to_string(cpu) + " ";
    text += "\n";
  }
  return text;
}

SlotBinding binding_from(const std::string& text) {
  SlotBinding binding;
  std::istringstream lines(text);
  std::getline(lines, binding.why_not);
  for (std::string line; std::getline(lines, line);) {
    CpuSet& slot = binding.slots.emplace_back();
    std::istringstream cpus(line);
    for (int cpu = 0; cpus >> cpu;) slot.push_back(cpu);
  }
  return binding;
}

}  // namespace cohort::session
