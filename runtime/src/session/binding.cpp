#include "session/binding.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace cohort::session {
namespace {

/// What is given to one thread: a core, or a CPU.
struct Unit {
  CpuSet cpus;
  int domain = 0;
  bool free = true;
};

std::vector<Unit> make_units(const Topology& topology, bool hyperthreads) {
  std::vector<Unit> units;
  int last_core = -1;
  for (const Cpu& cpu : topology) {
    if (hyperthreads || cpu.core != last_core) units.push_back({{}, cpu.domain, true});
    units.back().cpus.push_back(cpu.id);
    last_core = cpu.core;
  }
  return units;
}

/// `set` is ascending, as a CpuSet is.
CpuSet common(std::span<const int> some, const CpuSet& set) {
  CpuSet both;
  std::copy_if(some.begin(), some.end(), std::back_inserter(both),
               [&](int cpu) { return std::binary_search(set.begin(), set.end(), cpu); });
  std::sort(both.begin(), both.end());
  return both;
}

/// Gives `count` free units away that the rank may use; fewer if there are not as many.
std::vector<CpuSet> take_units(std::vector<Unit>& units, const CpuSet& may_use, std::size_t count) {
  std::map<int, std::vector<Unit*>> domains;
  std::vector<Unit*> all;
  for (Unit& unit : units) {
    if (!unit.free || common(unit.cpus, may_use).empty()) continue;
    domains[unit.domain].push_back(&unit);
    all.push_back(&unit);
  }
  for (auto& [domain, its] : domains) {
    if (its.size() < count) continue;
    all = its;
    break;
  }
  all.resize(std::min(all.size(), count));
  std::vector<CpuSet> taken;
  for (Unit* unit : all) {
    unit->free = false;
    taken.push_back(common(unit->cpus, may_use));
  }
  return taken;
}

/// Units of its own for each slot.
struct Placed {
  std::vector<std::vector<CpuSet>> slots;  ///< by rank
  std::size_t missing = 0;                 ///< threads of slots without a unit
  bool clients_have_units = true;
  bool any_free = false;
};

/// The clients' units are reserved before the slots', or not at all.
Placed place(std::vector<Unit> units, std::span<const CpuClaim> ranks, bool reserve) {
  Placed placed;
  placed.slots.resize(ranks.size());
  placed.clients_have_units = reserve;
  // Who may use few has no choice.
  std::vector<std::size_t> order(ranks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    return std::pair(ranks[a].may_use.size(), a) < std::pair(ranks[b].may_use.size(), b);
  });
  for (const std::size_t rank : order) {
    if (reserve && ranks[rank].client && take_units(units, ranks[rank].may_use, 1).empty())
      placed.clients_have_units = false;
    const auto each = static_cast<std::size_t>(std::max(1, ranks[rank].threads_per_slot));
    const std::size_t wanted = static_cast<std::size_t>(ranks[rank].slots) * each;
    const std::vector<CpuSet> taken = take_units(units, ranks[rank].may_use, wanted);
    placed.missing += wanted - taken.size();
    auto& slots = placed.slots[rank];
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (i % each == 0) slots.emplace_back();
      slots.back().insert(slots.back().end(), taken[i].begin(), taken[i].end());
    }
    for (CpuSet& slot : slots) std::sort(slot.begin(), slot.end());
  }
  placed.any_free = std::any_of(units.begin(), units.end(), [](const Unit& unit) { return unit.free; });
  return placed;
}

/// Each slot to one of the domains that its rank may use, in proportion to their CPUs.
void bind_to_domains(const Topology& topology, const CpuSet& may_use, std::vector<CpuSet>& slots) {
  std::vector<const Cpu*> in_order;  // by place, not by number
  for (const Cpu& cpu : topology) {
    if (std::binary_search(may_use.begin(), may_use.end(), cpu.id)) in_order.push_back(&cpu);
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const int domain = in_order[i * in_order.size() / slots.size()]->domain;
    for (const Cpu* cpu : in_order) {
      if (cpu->domain == domain) slots[i].push_back(cpu->id);
    }
    std::sort(slots[i].begin(), slots[i].end());
  }
}

std::size_t domains_among(const Topology& topology, const CpuSet& cpus) {
  std::set<int> domains;
  for (const Cpu& cpu : topology) {
    if (!common(std::span(&cpu.id, 1), cpus).empty()) domains.insert(cpu.domain);
  }
  return domains.size();
}

std::string plural(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

Binding plan_binding(const Topology& topology, std::span<const CpuClaim> ranks, Bind how, bool hyperthreads) {
  Binding binding;
  const auto unbound = [&](const std::string& why) {
    binding.slots.clear();
    for (const CpuClaim& rank : ranks) binding.slots.emplace_back(static_cast<std::size_t>(rank.slots));
    binding.why_not = why;
    return binding;
  };
  if (how == Bind::none) return unbound("not asked for");

  std::vector<Unit> units = make_units(topology, hyperthreads);
  CpuSet all_usable;
  bool part_of_machine = false;
  bool metered = false;
  std::size_t threads = 0;
  for (const CpuClaim& rank : ranks) {
    all_usable.insert(all_usable.end(), rank.may_use.begin(), rank.may_use.end());
    part_of_machine = part_of_machine || rank.may_use.size() < topology.size();
    metered = metered || rank.metered;
    threads += static_cast<std::size_t>(rank.slots * std::max(1, rank.threads_per_slot)) + (rank.client ? 1 : 0);
  }
  std::sort(all_usable.begin(), all_usable.end());
  std::erase_if(units, [&](const Unit& unit) { return common(unit.cpus, all_usable).empty(); });
  if (units.empty()) return unbound("the machine's cores cannot be read");
  if (how == Bind::automatic && metered) return unbound("a control group shares the CPUs with others");

  Placed placed = place(units, ranks, true);
  if (placed.missing > 0) placed = place(units, ranks, false);
  if (how == Bind::automatic && !part_of_machine && placed.any_free && placed.missing == 0) {
    return unbound(
        "other programs may want the machine's cores too, which this run does not fill; --cohort-bind=cores");
  }
  const std::string why =
      plural(threads, "thread") + " want " + plural(units.size(), hyperthreads ? "CPU" : "core") + " of their own";
  if (placed.missing > 0) return unbound(why);
  if (placed.clients_have_units || ranks.size() > 1) {
    binding.slots = std::move(placed.slots);
    if (!placed.clients_have_units) binding.why_not = "shared with rank 0: " + why;
    return binding;
  }
  if (domains_among(topology, all_usable) < 2) return unbound(why);
  unbound(why + ": slots are bound to NUMA domains");
  bind_to_domains(topology, ranks[0].may_use, binding.slots[0]);
  return binding;
}

std::string describe_cpus(std::span<const int> cpus) {
  std::string text;
  for (std::size_t first = 0, last = 0; first < cpus.size(); first = last + 1) {
    for (last = first; last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1;) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(cpus[first]);
    if (last > first) text += "-" + std::to_string(cpus[last]);
  }
  return text;
}

}  // namespace cohort::session
