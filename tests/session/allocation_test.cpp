#include "session/allocation.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace {

using namespace std::chrono_literals;
using cohort::session::Allocation;
using cohort::session::job_time_left;
using TimePoint = std::chrono::system_clock::time_point;

constexpr TimePoint kNow{1'800'000'000s};

std::optional<Allocation> allocation_in(const std::map<std::string, std::string>& environment) {
  return cohort::session::read_allocation([&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found != environment.end() ? std::optional(found->second) : std::nullopt;
  });
}

std::optional<int> cpus_in(const std::string& text) {
  return allocation_in({{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_CPUS_PER_NODE", text}})->cpus;
}

/// What is asked, and what is answered.
struct Controller {
  std::optional<std::string> answer;
  std::string asked = {};

  std::optional<std::chrono::seconds> time_left(const Allocation& allocation) {
    return job_time_left(allocation, kNow, [this](const std::string& command) {
      asked = command;
      return answer;
    });
  }
};

}  // namespace

TEST_CASE("outside a job there is no allocation") {
  CHECK_FALSE(allocation_in({{"SLURM_NTASKS", "4"}}));
  CHECK_FALSE(allocation_in({{"SLURM_JOB_ID", "7; reboot"}}));
}

TEST_CASE("all that Slurm tells is read") {
  const auto allocation = allocation_in({{"SLURM_JOB_ID", "71"},
                                         {"SLURM_JOB_NUM_NODES", "3"},
                                         {"SLURM_NTASKS", "6"},
                                         {"SLURM_CPUS_PER_TASK", "2"},
                                         {"SLURM_JOB_CPUS_PER_NODE", "4(x3)"},
                                         {"SLURM_MEM_PER_NODE", "4000"},
                                         {"SLURM_RESTART_COUNT", "1"},
                                         {"SLURM_JOB_END_TIME", "1800000060"}});
  CHECK(allocation == Allocation{.job = "71",
                                 .nodes = 3,
                                 .tasks = 6,
                                 .cpus_per_task = 2,
                                 .cpus = 12,
                                 .node_memory_mib = 4000,
                                 .cpu_memory_mib = std::nullopt,
                                 .restarts = 1,
                                 .end = kNow + 60s});
  CHECK(describe(*allocation) ==
        "Slurm job 71: 3 nodes, 6 tasks, 2 CPUs each, 12 CPUs in all, 4000 MiB a node, started again 1 time");
}

TEST_CASE("what is not told, or makes no sense, is left out") {
  CHECK(allocation_in({{"SLURM_JOB_ID", "71"}, {"SLURM_NTASKS", "many"}, {"SLURM_JOB_NUM_NODES", "-3"}}) ==
        Allocation{.job = "71"});
  CHECK(describe(Allocation{.job = "71"}) == "Slurm job 71");
  CHECK(allocation_in({{"SLURM_JOB_ID", "71"}, {"SLURM_JOB_END_TIME", "0"}})->end == std::nullopt);
}

TEST_CASE("the CPUs of all nodes are added up") {
  CHECK(cpus_in("4") == 4);
  CHECK(cpus_in("4(x3),2") == 14);
  CHECK(cpus_in("16,8(x2),1") == 33);
  for (const char* wrong : {"x", "4(x", "4(x)", "4(xx)", "4,,2", "99999999999", "2000000000(x2000000000)"}) {
    CAPTURE(wrong);
    CHECK(cpus_in(wrong) == std::nullopt);
  }
}

TEST_CASE("Slurm is not asked for what the environment tells") {
  Controller controller{"1:00:00\n"};
  CHECK(controller.time_left({.job = "71", .end = kNow + 60s}) == 60s);
  CHECK(controller.asked.empty());
}

TEST_CASE("an end that has passed is not believed: the job may have been given more time") {
  Controller controller{"1:00:00\n"};
  CHECK(controller.time_left({.job = "71", .end = kNow - 60s}) == 1h);
}

TEST_CASE("Slurm is asked how long the job may still run") {
  Controller controller{"1-00:59:30\n"};
  CHECK(controller.time_left({.job = "71"}) == 24h + 59min + 30s);
  CHECK(controller.asked == "squeue -h -j 71 -o %L");
  controller.answer = "0:45\n";
  CHECK(controller.time_left({.job = "71"}) == 45s);
}

TEST_CASE("a job without a limit, and a Slurm that does not answer, leave all the time there is") {
  for (const char* answer : {"UNLIMITED\n", "NOT_SET\n", "INVALID\n", "", "\n"}) {
    CAPTURE(answer);
    CHECK(Controller{answer}.time_left({.job = "71"}) == std::nullopt);
  }
  CHECK(Controller{std::nullopt}.time_left({.job = "71"}) == std::nullopt);
}

TEST_CASE("a command is run, and its failure is no answer") {
  CHECK(cohort::session::ask_shell("echo 1:00") == "1:00\n");
  CHECK(cohort::session::ask_shell("false") == std::nullopt);
  CHECK(cohort::session::ask_shell("/nowhere/squeue") == std::nullopt);
}
