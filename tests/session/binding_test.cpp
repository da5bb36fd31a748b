#include "session/binding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace {

using cohort::session::Bind;
using cohort::session::Binding;
using cohort::session::Cpu;
using cohort::session::CpuClaim;
using cohort::session::CpuSet;
using cohort::session::Topology;

using Claims = std::vector<CpuClaim>;
using Slots = std::vector<std::vector<CpuSet>>;

CpuSet cpus(int first, int last) {
  CpuSet set(static_cast<std::size_t>(last - first + 1));
  std::iota(set.begin(), set.end(), first);
  return set;
}

CpuClaim client(CpuSet may_use) { return {.may_use = std::move(may_use), .client = true}; }
CpuClaim worker(CpuSet may_use, int slots) { return {.may_use = std::move(may_use), .slots = slots}; }

Binding plan(const char* machine, const Claims& ranks, Bind how = Bind::automatic, bool hyperthreads = false) {
  const Topology topology = cohort::session::describe_topology(machine);
  REQUIRE(!topology.empty());
  return cohort::session::plan_binding(topology, ranks, how, hyperthreads);
}
Slots slots(const char* machine, const Claims& ranks, Bind how = Bind::automatic, bool hyperthreads = false) {
  return plan(machine, ranks, how, hyperthreads).slots;
}

}  // namespace

TEST_CASE("a machine is described by its CPUs, cores and NUMA domains") {
  CHECK(cohort::session::describe_topology("numa:2 core:2 pu:2") ==
        Topology{{0, 0, 0}, {1, 0, 0}, {2, 1, 0}, {3, 1, 0}, {4, 2, 1}, {5, 2, 1}, {6, 3, 1}, {7, 3, 1}});
  CHECK(cohort::session::describe_topology("no such machine").empty());
  const Topology here = cohort::session::read_topology();
  CHECK_FALSE(here.empty());
  for (const int cpu : cohort::session::bound_cpus()) {
    CHECK(std::any_of(here.begin(), here.end(), [cpu](const Cpu& c) { return c.id == cpu; }));
  }
}

TEST_CASE("of each core one CPU counts, as far as cores are known") {
  const Topology topology = cohort::session::describe_topology("core:3 pu:2");
  CHECK(cohort::session::one_of_each_core(topology, cpus(0, 5)) == CpuSet{0, 2, 4});
  CHECK(cohort::session::one_of_each_core(topology, CpuSet{1, 4, 5, 99}) == CpuSet{1, 4, 99});
  CHECK(cohort::session::one_of_each_core({}, cpus(0, 1)) == CpuSet{0, 1});
}

TEST_CASE("ranks that nobody has bound share the machine: a core for the client, and one for each slot") {
  const CpuSet all = cpus(0, 3);
  CHECK(slots("core:4 pu:1", {client(all), worker(all, 1), worker(all, 1), worker(all, 1)}) ==
        Slots{{}, {{1}}, {{2}}, {{3}}});
  CHECK(slots("core:4 pu:1", {client(all), worker(all, 2), worker(all, 1)}) == Slots{{}, {{1}, {2}}, {{3}}});
}

TEST_CASE("ranks that were bound stay inside") {
  CHECK(slots("core:8 pu:1", {client(cpus(0, 1)), worker(cpus(2, 3), 2), worker(cpus(4, 6), 2)}) ==
        Slots{{}, {{2}, {3}}, {{4}, {5}}});
  CHECK(slots("core:4 pu:1", {client({0}), worker({3}, 1)}) == Slots{{}, {{3}}});
  // Who may use little has no choice, and comes first.
  CHECK(slots("core:4 pu:1", {client(cpus(0, 3)), worker(cpus(0, 3), 1), worker({0}, 1), worker({1}, 1)}) ==
        Slots{{}, {{3}}, {{0}}, {{1}}});
}

TEST_CASE("slots that do not fit are not bound on top of one another") {
  const CpuSet both = cpus(0, 1);
  const Binding four = plan("core:2 pu:1", {client(both), worker(both, 1), worker(both, 2)});
  CHECK(four.slots == Slots{{}, {{}}, {{}, {}}});
  CHECK(four.why_not == "4 threads want 2 cores of their own");
  CHECK(slots("core:2 pu:1", {client(both), worker(both, 4)}, Bind::cores) == Slots{{}, {{}, {}, {}, {}}});
  CHECK(slots("core:4 pu:1", {client({0}), worker({1}, 2)}) == Slots{{}, {{}, {}}});
}

TEST_CASE("a run that does not fill a machine leaves it to the system, unless told otherwise") {
  const Claims claims{client(cpus(0, 7)), worker(cpus(0, 7), 2)};
  const Binding left = plan("core:8 pu:1", claims);
  CHECK(left.slots == Slots{{}, {{}, {}}});
  CHECK(left.why_not.find("other programs may want") != std::string::npos);
  CHECK(slots("core:8 pu:1", claims, Bind::cores) == Slots{{}, {{1}, {2}}});
  CHECK(slots("core:8 pu:1", {client(cpus(0, 6)), worker(cpus(0, 6), 2)}) == Slots{{}, {{1}, {2}}});
  const Binding none = plan("core:8 pu:1", {client(cpus(0, 7)), worker(cpus(0, 7), 7)}, Bind::none);
  CHECK(none.slots[1] == std::vector<CpuSet>(7));
  CHECK(none.why_not == "not asked for");
}

TEST_CASE("CPUs that a quota shares with others are left to the system") {
  Claims claims{client(cpus(0, 1)), worker(cpus(0, 1), 1)};
  claims[1].metered = true;
  CHECK(plan("core:2 pu:1", claims).why_not == "a control group shares the CPUs with others");
  CHECK(slots("core:2 pu:1", claims, Bind::cores) == Slots{{}, {{1}}});
}

TEST_CASE("a slot has a whole core, or one hyperthread if they were asked for") {
  const CpuSet all = cpus(0, 3);
  CHECK(slots("core:2 pu:2", {client(all), worker(all, 1)}) == Slots{{}, {{2, 3}}});
  CHECK(slots("core:2 pu:2", {client(all), worker(all, 3)}) == Slots{{}, {{}, {}, {}}});
  CHECK(slots("core:2 pu:2", {client(all), worker(all, 3)}, Bind::automatic, true) == Slots{{}, {{1}, {2}, {3}}});
  // Of a core that is granted by half, half is used.
  CHECK(slots("core:2 pu:2", {client({0}), worker({3}, 1)}) == Slots{{}, {{3}}});
}

TEST_CASE("a rank's slots are neighbours, in one NUMA domain if one has room") {
  const CpuSet all = cpus(0, 7);
  CHECK(slots("numa:2 core:4 pu:1", {client(all), worker(all, 3), worker(all, 4)}) ==
        Slots{{}, {{1}, {2}, {3}}, {{4}, {5}, {6}, {7}}});
  CHECK(slots("numa:2 core:4 pu:1", {client(all), worker(all, 4), worker(all, 3)}) ==
        Slots{{}, {{4}, {5}, {6}, {7}}, {{1}, {2}, {3}}});
}

TEST_CASE("where only the client lacks a core, it shares those of the slots") {
  const CpuSet both = cpus(0, 1);
  const Binding three = plan("core:2 pu:1", {client(both), worker(both, 1), worker(both, 1)});
  CHECK(three.slots == Slots{{}, {{0}}, {{1}}});
  CHECK(three.why_not == "shared with rank 0: 3 threads want 2 cores of their own");
  const CpuSet all = cpus(0, 3);
  CHECK(slots("numa:2 core:2 pu:1", {client(all), worker(all, 2), worker(all, 2)}) ==
        Slots{{}, {{0}, {1}}, {{2}, {3}}});
  CHECK(slots("numa:2 core:2 pu:1", {client(all), worker(all, 3), worker(all, 2)}) ==
        Slots{{}, {{}, {}, {}}, {{}, {}}});
}

TEST_CASE("where only the client of a single process lacks a core, slots are bound to NUMA domains") {
  const auto alone = [](int slots) { return CpuClaim{.may_use = cpus(0, 3), .slots = slots, .client = true}; };
  const Binding one = plan("numa:2 core:2 pu:1", {alone(4)});
  CHECK(one.slots == Slots{{{0, 1}, {0, 1}, {2, 3}, {2, 3}}});
  CHECK(one.why_not == "5 threads want 4 cores of their own: slots are bound to NUMA domains");
  CHECK(slots("numa:2 core:2 pu:1", {alone(3)}) == Slots{{{1}, {2}, {3}}});
  CHECK(slots("numa:2 core:2 pu:1", {alone(5)}) == Slots{std::vector<CpuSet>(5)});
}

TEST_CASE("one process has its client and its slots") {
  const CpuClaim three{.may_use = cpus(0, 3), .slots = 3, .client = true};
  CHECK(slots("core:4 pu:1", {three}) == Slots{{{1}, {2}, {3}}});
  const CpuClaim four{.may_use = cpus(0, 3), .slots = 4, .client = true};
  CHECK(slots("core:4 pu:1", {four}) == Slots{{{}, {}, {}, {}}});
}

TEST_CASE("tasks with threads of their own have a core for each") {
  CpuClaim claim = worker(cpus(0, 6), 3);
  claim.threads_per_slot = 2;
  CHECK(slots("core:7 pu:1", {client(cpus(0, 6)), claim}) == Slots{{}, {{1, 2}, {3, 4}, {5, 6}}});
}

TEST_CASE("a machine that cannot be read, or CPUs that are not on it, bind nothing") {
  const Claims claims{client(cpus(0, 1)), worker(cpus(0, 1), 1)};
  CHECK(cohort::session::plan_binding({}, claims, Bind::cores, false).slots == Slots{{}, {{}}});
  CHECK(slots("core:2 pu:1", {client(cpus(8, 9)), worker(cpus(8, 9), 1)}, Bind::cores) == Slots{{}, {{}}});
}

TEST_CASE("whatever ranks may use: no slot is outside of it, and no two have a core in common") {
  const Topology topology = cohort::session::describe_topology("numa:2 core:4 pu:2");
  std::mt19937 random(7);
  int bound = 0;
  for (int round = 0; round < 2000; ++round) {
    Claims claims;
    const auto ranks = random() % 4 + 1;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      CpuSet may_use;
      for (const Cpu& cpu : topology) {
        if (random() % 4 != 0) may_use.push_back(cpu.id);
      }
      if (may_use.empty()) may_use.push_back(0);
      claims.push_back({.may_use = may_use, .slots = static_cast<int>(random() % 4), .client = rank == 0});
    }
    const bool hyperthreads = random() % 2 == 0;
    const Binding binding = cohort::session::plan_binding(topology, claims, Bind::cores, hyperthreads);
    REQUIRE(binding.slots.size() == ranks);
    std::set<int> taken;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      REQUIRE(binding.slots[rank].size() == static_cast<std::size_t>(claims[rank].slots));
      for (const CpuSet& slot : binding.slots[rank]) {
        const CpuSet& may_use = claims[rank].may_use;
        REQUIRE(std::includes(may_use.begin(), may_use.end(), slot.begin(), slot.end()));
        if (!binding.why_not.empty()) continue;
        REQUIRE_FALSE(slot.empty());
        std::set<int> here;
        for (const int cpu : slot) here.insert(hyperthreads ? cpu : cpu / 2);
        for (const int unit : here) REQUIRE(taken.insert(unit).second);
        ++bound;
      }
    }
  }
  CHECK(bound > 1000);
}

TEST_CASE("CPUs are written as Linux writes them") {
  CHECK(cohort::session::describe_cpus(CpuSet{}).empty());
  CHECK(cohort::session::describe_cpus(CpuSet{5}) == "5");
  CHECK(cohort::session::describe_cpus(CpuSet{0, 1, 2, 5, 7, 8}) == "0-2,5,7-8");
}
