#include "session/launch.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>

#include "cohort/types.hpp"

namespace {

using cohort::UsageError;
using cohort::session::check_launch;
using cohort::session::Launch;

Launch launch_in(const std::map<std::string, std::string>& environment) {
  return cohort::session::read_launch([&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found != environment.end() ? std::optional(found->second) : std::nullopt;
  });
}

/// What check_launch threw; empty if it did not.
std::string complaint(const Launch& launch, int mpi_size) {
  try {
    check_launch(launch, mpi_size);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a program that nobody launched knows of nothing") {
  const Launch launch = launch_in({{"HOME", "/root"}});
  CHECK_FALSE(launch.by_launcher);
  CHECK_FALSE(launch.simulated);
  CHECK_FALSE(launch.rank);
  CHECK_FALSE(launch.size);
  CHECK_FALSE(launch.step_tasks);
  CHECK(complaint(launch, 1).empty());
}

TEST_CASE("mpirun tells rank and size") {
  const Launch launch = launch_in({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_RANK", "3"}, {"PMIX_RANK", "3"}});
  CHECK(launch.by_launcher);
  CHECK(launch.size == 4);
  CHECK(launch.rank == 3);
}

TEST_CASE("srun with PMIx or PMI tells the rank, and how many it has started") {
  for (const char* name : {"PMIX_RANK", "PMI_RANK"}) {
    const Launch launch = launch_in({{name, "2"}, {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "2"}});
    CHECK(launch.by_launcher);
    CHECK(launch.rank == 2);
    CHECK(launch.step_tasks == 4);
    CHECK(complaint(launch, 4).empty());
  }
}

TEST_CASE("ranks that srun has started and MPI does not know of are told the mend") {
  const Launch without_plugin = launch_in({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "1"}});
  CHECK_FALSE(without_plugin.by_launcher);
  CHECK(without_plugin.rank == 1);
  CHECK(complaint(without_plugin, 1).find("srun has started 4 programs") != std::string::npos);
  CHECK(complaint(without_plugin, 1).find("srun --mpi=pmix") != std::string::npos);

  const Launch wrong_plugin = launch_in({{"SLURM_STEP_NUM_TASKS", "2"}, {"PMI_RANK", "0"}});
  CHECK_FALSE(complaint(wrong_plugin, 1).empty());
}

TEST_CASE("ranks whose launcher belongs to another MPI are told the mend") {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const Launch launch = launch_in({{name, "4"}, {"PMI_RANK", "1"}});
    CHECK(launch.by_launcher);
    CHECK(launch.size == 4);
    CHECK(complaint(launch, 4).empty());
    CHECK(complaint(launch, 1).starts_with("the launcher has started 4 programs, and each is a world of one rank"));
  }
}

TEST_CASE("one task of srun, and mpirun with one rank inside a larger step, are no mistakes") {
  CHECK(complaint(launch_in({{"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_PROCID", "0"}}), 1).empty());
  CHECK(complaint(launch_in({{"SLURM_STEP_NUM_TASKS", "3"}, {"OMPI_COMM_WORLD_SIZE", "1"}}), 1).empty());
}

TEST_CASE("a batch script's own environment is not taken for that of a step") {
  const Launch launch = launch_in({{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "8"}, {"SLURM_PROCID", "0"}});
  CHECK_FALSE(launch.by_launcher);
  CHECK_FALSE(launch.rank);
  CHECK(complaint(launch, 1).empty());
}

TEST_CASE("a simulated cluster leaves the rank to MPI") {
  const Launch launch = launch_in({{"SMPI_GLOBAL_SIZE", "1024"}});
  CHECK(launch.by_launcher);
  CHECK(launch.simulated);
  CHECK_FALSE(launch.rank);
}

TEST_CASE("what is not a number is taken as not there") {
  const Launch launch =
      launch_in({{"OMPI_COMM_WORLD_SIZE", "many"}, {"OMPI_COMM_WORLD_RANK", "1x"}, {"PMIX_RANK", "5"}});
  CHECK(launch.by_launcher);
  CHECK_FALSE(launch.size);
  CHECK(launch.rank == 5);
}
