#pragma once

#include <mpi.h>

#include <cohort/cohort.hpp>

#include "cases/task_graph/graph.hpp"

/// One graph, from its first task's start to its last one's end, in seconds.
namespace bench::graphs {

/// A future for each task; the scheduler chooses where it runs.
double run_as_futures(cohort::Client& client, const Graph& graph);

/// By hand, with Isend and Irecv: ranks `first` to `ranks` - 1, which are `group`, have a block of the points each.
/// Called by those; from when the first of them begins to when this one has ended.
double run_by_hand(const Graph& graph, MPI_Comm group, int rank, int first, int ranks);

/// Seconds for an iteration of the kernel, so many on all workers at once: the mean over these.
double iteration_seconds_as_futures(cohort::Client& client, int iterations);
double iteration_seconds_by_hand(MPI_Comm group, int iterations);

}  // namespace bench::graphs
