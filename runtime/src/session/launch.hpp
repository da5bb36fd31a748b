#pragma once

#include <optional>
#include <string>

#include "session/settings.hpp"

namespace cohort::session {

/// How this process was started, as far as the environment tells.
struct Launch {
  bool by_launcher = false;       ///< mpirun, or srun with an MPI plugin: MPI can be started
  bool simulated = false;         ///< SimGrid's smpirun: all ranks are one process
  std::optional<int> rank;        ///< among the processes started together
  std::optional<int> step_tasks;  ///< how many srun started
  std::optional<int> size;        ///< how many mpirun started
};

Launch read_launch(const Environment& environment = process_environment);

/// Throws UsageError, with the mend, if several programs were started that do not know of each other: by srun without
/// MPI, or by a launcher of another MPI. `mpi_size`: as MPI says, or 1 without MPI.
void check_launch(const Launch& launch, int mpi_size);

}  // namespace cohort::session
