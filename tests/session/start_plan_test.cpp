#include "session/start_plan.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

namespace {

using cohort::session::Bind;
using cohort::session::CpuSet;
using cohort::session::RankFacts;
using cohort::session::SlotBinding;

RankFacts rank_on(const std::string& host, CpuSet cpus, int threads = 0) {
  RankFacts facts;
  facts.host = host;
  facts.machine = "machine of " + host;
  facts.settings.threads = threads;
  facts.cpus = facts.cores = std::move(cpus);
  facts.machine_cpus = 4;
  return facts;
}

using Ranks = std::vector<RankFacts>;
using Counts = std::vector<int>;

}  // namespace

TEST_CASE("a host's cores are divided among its workers, and rank 0 has no slots unless it is alone") {
  const CpuSet all{0, 1, 2, 3};
  CHECK(cohort::session::plan_slots(Ranks{rank_on("a", all)}) == Counts{4});
  CHECK(cohort::session::plan_slots(Ranks{rank_on("a", all), rank_on("a", all), rank_on("a", all)}) == Counts{0, 2, 2});
  CHECK(cohort::session::plan_slots(Ranks{rank_on("a", all), rank_on("a", all), rank_on("b", {0, 1})}) ==
        Counts{0, 4, 2});
}

TEST_CASE("what rank 0 was told holds for ranks that were told nothing") {
  CHECK(cohort::session::plan_slots(Ranks{rank_on("a", {0}, 3), rank_on("a", {0}), rank_on("b", {0}, 2)}) ==
        Counts{0, 3, 2});
  CHECK(cohort::session::plan_slots(Ranks{rank_on("a", {0}, 3)}) == Counts{3});
}

TEST_CASE("rank 0 has slots if it was told so, and the workers beside it as many less") {
  Ranks ranks{rank_on("a", {0, 1, 2, 3}), rank_on("a", {0, 1, 2, 3})};
  ranks[0].settings.rank0_threads = 2;
  CHECK(cohort::session::plan_slots(ranks) == Counts{2, 2});
  CHECK(cohort::session::plan_slots(Ranks{ranks[0]}) == Counts{4});
  CHECK(cohort::session::plan_slots(Ranks{ranks[0], ranks[1], rank_on("b", {0, 1, 2, 3})}) == Counts{2, 2, 4});
  ranks[0].settings.bind = Bind::cores;
  const auto topology = cohort::session::describe_topology("core:4 pu:1");
  CHECK(plan_rank_binding(topology, ranks, Counts{2, 1}, 0).slots == std::vector<CpuSet>{{1}, {2}});
  CHECK(plan_rank_binding(topology, ranks, Counts{2, 1}, 1).slots == std::vector<CpuSet>{{3}});
}

TEST_CASE("a rank on one thread has one slot, whatever it was told") {
  Ranks ranks{rank_on("a", {0, 1}, 3), rank_on("a", {0, 1})};
  ranks[1].settings.one_thread = true;
  CHECK(cohort::session::plan_slots(ranks) == Counts{0, 1});
}

TEST_CASE("hyperthreads count if rank 0 was told so") {
  Ranks ranks{rank_on("a", {0, 1, 2, 3}), rank_on("a", {0, 1, 2, 3})};
  ranks[1].cores = {0, 2};
  CHECK(cohort::session::plan_slots(ranks) == Counts{0, 2});
  ranks[0].settings.hyperthreads = true;
  CHECK(cohort::session::plan_slots(ranks) == Counts{0, 4});
}

TEST_CASE("ranks of one machine share its CPUs, under whatever host names; those of others do not count") {
  const auto topology = cohort::session::describe_topology("core:4 pu:1");
  const CpuSet all{0, 1, 2, 3};
  Ranks ranks{rank_on("a", all, 1), rank_on("a", all), rank_on("b", all), rank_on("c", all)};
  const Counts slots{0, 1, 1, 1};
  ranks[2].machine = ranks[0].machine;
  ranks[0].settings.bind = Bind::cores;
  const auto binding_of = [&](std::size_t rank) { return plan_rank_binding(topology, ranks, slots, rank); };
  CHECK(binding_of(0).slots.empty());
  CHECK(binding_of(1).slots == std::vector<CpuSet>{{1}});
  CHECK(binding_of(2).slots == std::vector<CpuSet>{{2}});
  CHECK(binding_of(3).slots == std::vector<CpuSet>{{0}});
  ranks[1].cpu_quota = 2.5;
  ranks[0].settings.bind = Bind::automatic;
  CHECK(binding_of(1).why_not == "a control group shares the CPUs with others");
}

TEST_CASE("who sits where is drawn, a line for each slot") {
  Ranks ranks{rank_on("a", {0, 1, 2, 3}), rank_on("a", {0, 1, 2, 3}), rank_on("b", {0, 1})};
  const std::vector<SlotBinding> bindings{{{}, ""}, {{{1}, {2, 3}}, ""}, {{{}}, "not asked for"}};
  CHECK(cohort::session::draw_bindings(ranks, bindings) ==
        "cohort: rank 0 on a, scheduler and body: any of CPUs 0-3\n"
        "cohort: rank 1 on a, slot 0: CPUs 1\n"
        "cohort: rank 1 on a, slot 1: CPUs 2-3\n"
        "cohort: rank 2 on b, slot 0: any of CPUs 0-1 (not bound: not asked for)\n");
}

TEST_CASE("facts and bindings arrive as they were sent") {
  RankFacts facts = rank_on("a host", {0, 3}, 5);
  CHECK(cohort::session::facts_from(to_text(facts)) == facts);
  facts.settings.bind = Bind::none;
  facts.settings.hyperthreads = facts.settings.one_thread = facts.settings.show_binding = facts.settings.doctor = true;
  facts.cores = {};
  facts.cpu_quota = 1.5;
  facts.threads_of_tasks = 4;
  facts.settings.rank0_threads = 3;
  facts.may_oversubscribe = facts.one_thread = facts.many_threads = true;
  facts.memory_bytes = 123456789012;
  facts.scratch = "/a folder";
  facts.scratch_fault = "No such file or directory";
  CHECK(cohort::session::facts_from(to_text(facts)) == facts);

  const SlotBinding binding{{{1}, {}, {2, 3}}, "why"};
  const SlotBinding back = cohort::session::binding_from(to_text(binding));
  CHECK(back.slots == binding.slots);
  CHECK(back.why_not == "why");
}

TEST_CASE("what the environment tells is read") {
  const auto facts_in = [](const std::map<std::string, std::string>& environment) {
    return cohort::session::read_facts({}, [&](const std::string& name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      return found != environment.end() ? std::optional(found->second) : std::nullopt;
    });
  };
  const RankFacts none = facts_in({});
  CHECK_FALSE(none.machine.empty());
  CHECK(none.cpus == cohort::session::bound_cpus());
  CHECK(none.scratch == "/tmp");
  CHECK_FALSE(none.threads_of_tasks);
  CHECK_FALSE(none.may_oversubscribe);
  CHECK(facts_in({{"OMP_NUM_THREADS", "4,2"}}).threads_of_tasks == 4);
  CHECK(facts_in({{"OMPI_MCA_rmaps_base_oversubscribe", "1"}}).may_oversubscribe);
  CHECK(facts_in({{"SLURM_MEM_PER_NODE", "10"}}).memory_bytes == 10U << 20U);
  CHECK(facts_in({{"SLURM_MEM_PER_CPU", "3"}, {"SLURM_CPUS_ON_NODE", "2"}}).memory_bytes == 6U << 20U);

  const std::string missing = "/cohort-no-such-folder-" + std::to_string(getpid());
  RankFacts facts = facts_in({{"TMPDIR", missing}});
  look_at_scratch(facts);
  CHECK(facts.scratch_fault == "No such file or directory");
  facts.scratch = std::filesystem::temp_directory_path();
  look_at_scratch(facts);
  CHECK(facts.scratch_fault.empty());
}
