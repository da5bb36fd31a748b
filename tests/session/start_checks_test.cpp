#include "session/start_checks.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>

namespace {

using namespace std::chrono_literals;
using cohort::session::Check;
using cohort::session::CpuSet;
using cohort::session::RankFacts;
using cohort::session::RankSpeed;

RankFacts rank_on(const std::string& host, CpuSet cpus) {
  RankFacts facts;
  facts.host = facts.machine = host;
  facts.cpus = facts.cores = std::move(cpus);
  facts.machine_cpus = 4;
  return facts;
}

using Ranks = std::vector<RankFacts>;
using Counts = std::vector<int>;
using Faults = std::vector<std::string>;

const CpuSet kAll{0, 1, 2, 3};

/// The faults of all checks.
Faults faults(const std::vector<Check>& checks) {
  Faults all;
  for (const Check& check : checks) all.insert(all.end(), check.faults.begin(), check.faults.end());
  return all;
}
Faults faults(const Ranks& ranks, const Counts& slots) { return faults(cohort::session::check_facts(ranks, slots)); }

constexpr const char* kMend =
    ": if the launcher has bound them, start with `mpirun --bind-to none` or `srun --cpu-bind=none`; else ask for more "
    "CPUs (--cpus-per-task) or fewer slots (--cohort-threads)";

}  // namespace

TEST_CASE("a start without faults has none") {
  CHECK(faults({rank_on("a", kAll), rank_on("a", kAll), rank_on("a", {2}), rank_on("b", kAll)}, {0, 3, 1, 4}).empty());
}

TEST_CASE("more slots than CPUs are a fault, which is not said at start to who has allowed it") {
  Ranks ranks{rank_on("a", kAll), rank_on("a", kAll), rank_on("a", kAll), rank_on("b", kAll)};
  const Faults expected{
      "ranks 1 and 2 on a have 5 slots on 4 CPUs: start fewer ranks, or give them fewer slots (--cohort-threads)"};
  CHECK(faults(ranks, {0, 2, 3, 4}) == expected);
  CHECK(cohort::session::check_facts(ranks, Counts{0, 2, 3, 4}).front().said_at_start);
  ranks[1].may_oversubscribe = true;
  CHECK(faults(ranks, {0, 2, 3, 4}) == expected);
  CHECK_FALSE(cohort::session::check_facts(ranks, Counts{0, 2, 3, 4}).front().said_at_start);
  CHECK(faults({rank_on("a", kAll)}, {5}) ==
        Faults{"rank 0 on a has 5 slots on 4 CPUs: start fewer ranks, or give them fewer slots (--cohort-threads)"});
}

TEST_CASE("several slots on one CPU are a fault while the machine has others, said to everybody") {
  Ranks ranks{rank_on("a", {0}), rank_on("a", {0}), rank_on("a", {0}), rank_on("a", {1}), rank_on("b", {2})};
  ranks[1].may_oversubscribe = true;
  CHECK(faults(ranks, {0, 1, 1, 1, 1}) ==
        Faults{std::string("ranks 1 and 2 on a, with 2 slots, may use CPU 0 only, of 4") + kMend});
  CHECK(cohort::session::check_facts(ranks, Counts{0, 1, 1, 1, 1})[1].said_at_start);
  CHECK(faults(ranks, {0, 1, 0, 1, 8}) ==
        Faults{std::string("rank 4 on b, with 8 slots, may use CPU 2 only, of 4") + kMend});
  // Each alone has room, together they have not.
  CHECK(faults({rank_on("a", {0}), rank_on("a", {1}), rank_on("a", {1, 2}), rank_on("a", {2})}, {0, 1, 1, 1}) ==
        Faults{std::string("ranks 1, 2 and 3 on a, with 3 slots, may use CPUs 1-2 only, of 4") + kMend});
}

TEST_CASE("hosts that are one machine are named") {
  Ranks ranks{rank_on("a", kAll), rank_on("a", kAll), rank_on("b", kAll)};
  ranks[2].machine = "a";
  CHECK(faults(ranks, {0, 4, 1}).front().starts_with("ranks 1 and 2 on a and b (one machine) have 5 slots on 4 CPUs:"));
}

TEST_CASE("many ranks are not all named") {
  Ranks ranks(7, rank_on("a", {0}));
  CHECK(faults(ranks, {0, 1, 1, 1, 1, 1, 1}).front().starts_with("ranks 1, 2, 3 and 3 more on a, with 6 slots,"));
}

TEST_CASE("slots that MPI has no threads for are a fault") {
  Ranks ranks{rank_on("a", kAll), rank_on("a", kAll)};
  ranks[0].one_thread = ranks[1].one_thread = true;
  CHECK(faults(ranks, {0, 1}).empty());
  CHECK(faults(ranks, {0, 2}) == Faults{"MPI allows calls from one thread only, and rank 1 should have 2 slots: ask "
                                        "MPI_Init_thread for MPI_THREAD_SERIALIZED, or start more ranks instead"});
}

TEST_CASE("too little memory for the ranks of a machine is a fault") {
  Ranks ranks{rank_on("a", kAll), rank_on("a", kAll)};
  ranks[0].memory_bytes = ranks[1].memory_bytes = std::uint64_t{192} << 20U;
  CHECK(faults(ranks, {0, 2}).empty());
  CHECK(faults(ranks, {0, 3}) ==
        Faults{"ranks 0 and 1 on a may use 192 MiB of memory together, and need 224 before they hold any data: ask for "
               "more (--mem, --mem-per-cpu), or start fewer ranks there"});
}

TEST_CASE("a scratch folder that cannot be written is a fault, said once for each host") {
  Ranks ranks{rank_on("a", kAll), rank_on("b", kAll), rank_on("b", kAll)};
  for (std::size_t rank : {1U, 2U}) {
    ranks[rank].scratch = "/scratch";
    ranks[rank].scratch_fault = "Permission denied";
  }
  CHECK(faults(ranks, {0, 1, 1}) ==
        Faults{"nothing can be written to /scratch on b (Permission denied): set TMPDIR to a folder on the node itself "
               "that exists and is yours"});
}

TEST_CASE("one process in a job of several tasks is a fault, a step of its own or several ranks are none") {
  std::map<std::string, std::string> environment{{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "8"}};
  const auto found = [&](int ranks) {
    return cohort::session::check_use_of_job(ranks,
                                             [&](const std::string& name) -> std::optional<std::string> {
                                               const auto at = environment.find(name);
                                               return at != environment.end() ? std::optional(at->second)
                                                                              : std::nullopt;
                                             })
        .faults;
  };
  CHECK(found(1) ==
        Faults{"the Slurm job has 8 tasks, and this is one process: start it by cohort-run, mpirun or `srun "
               "--mpi=pmix`"});
  CHECK(found(8).empty());
  environment["SLURM_STEP_ID"] = "0";
  CHECK(found(1).empty());
  environment = {{"SLURM_JOB_ID", "7"}};
  CHECK(found(1).empty());
}

TEST_CASE("a host that computes or answers much more slowly than most is a fault") {
  const Ranks ranks{rank_on("a", kAll), rank_on("b", kAll), rank_on("b", kAll), rank_on("c", kAll), rank_on("d", kAll)};
  // The quickest rank of a host counts.
  const std::vector<RankSpeed> good{{1ms, 0us}, {1ms, 30us}, {9ms, 5ms}, {1200us, 40us}, {1ms, 49us}};
  const Counts slots{0, 1, 1, 1, 1};
  CHECK(faults(cohort::session::check_speeds(ranks, slots, good)).empty());
  const std::vector<RankSpeed> bad{{1ms, 0us}, {1ms, 30us}, {1ms, 30us}, {1500us, 40us}, {1ms, 4ms}};
  CHECK(faults(cohort::session::check_speeds(ranks, slots, bad)) ==
        Faults{"c needs 1500 us for a loop that takes 1000 us elsewhere: leave it out, or see what else runs there and "
               "whether its clock is throttled",
               "a message to d and back takes 4000 us, and 40 us to most hosts: leave it out, or see which network MPI "
               "uses there (btl_tcp_if_include)"});
  const auto crowded = cohort::session::check_speeds(ranks, Counts{0, 1, 9, 1, 1}, bad);
  REQUIRE(crowded.size() == 1);
  CHECK(crowded.front().what == "hosts were not measured: ranks that share CPUs disturb each other");
  CHECK(crowded.front().faults.empty());
  // Of two hosts the quicker one is the measure.
  const Ranks two{rank_on("a", kAll), rank_on("b", kAll)};
  CHECK(
      faults(cohort::session::check_speeds(two, Counts{0, 1}, std::vector<RankSpeed>{{1ms, 0us}, {2ms, 9ms}})).size() ==
      1);
  CHECK(cohort::session::measure_arithmetic() > 0us);
}

TEST_CASE("the checks stand in a table, with what is wrong below") {
  const std::vector<Check> checks{{"this is well", {}, true},
                                  {"that is well", {"It is not: mend it", "Nor is it there"}}};
  CHECK(cohort::session::draw_checks(checks) ==
        "ok     this is well\n"
        "FAULT  that is well\n"
        "       It is not: mend it\n"
        "       Nor is it there\n");
  CHECK(cohort::session::count_faults(checks) == 2);
}
