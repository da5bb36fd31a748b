#include "session/launch.hpp"

#include <charconv>

#include "cohort/types.hpp"

namespace cohort::session {

namespace {

std::optional<int> number(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  int value = 0;
  const char* end = text->data() + text->size();
  const auto [parsed, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || parsed != end) return std::nullopt;
  return value;
}

}  // namespace

Launch read_launch(const Environment& environment) {
  Launch launch;
  // Open MPI's mpirun; PMIx (srun --mpi=pmix, prun); PMI (MPICH, srun --mpi=pmi2); SimGrid's smpirun.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "SMPI_GLOBAL_SIZE"}) {
    if (environment(name)) launch.by_launcher = true;
  }
  launch.simulated = environment("SMPI_GLOBAL_SIZE").has_value();
  launch.size = number(environment("OMPI_COMM_WORLD_SIZE"));
  launch.step_tasks = number(environment("SLURM_STEP_NUM_TASKS"));
  if (!launch.size && !launch.step_tasks) launch.size = number(environment("PMI_SIZE"));
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) {
    if (!launch.rank) launch.rank = number(environment(name));
  }
  if (!launch.rank && launch.step_tasks) launch.rank = number(environment("SLURM_PROCID"));
  return launch;
}

void check_launch(const Launch& launch, int mpi_size) {
  if (mpi_size > 1) return;
  if (launch.size) {
    if (*launch.size <= 1) return;
    throw UsageError("the launcher has started " + std::to_string(*launch.size) +
                     " programs, and each is a world of one rank: it belongs to another MPI than the one this program "
                     "was built with; start the program with the mpirun of that one");
  }
  if (launch.step_tasks.value_or(1) <= 1) return;
  throw UsageError(
      "srun has started " + std::to_string(*launch.step_tasks) +
      " programs that do not know of each other, each a world of one rank: start them with `srun --mpi=pmix`, or "
      "with mpirun");
}

}  // namespace cohort::session
