#include "cases/cases.hpp"

#include "case.hpp"

namespace bench {

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = {
    {"submit_flat", "many tasks int -> int, all results gathered; to an MPI master with workers", 2, submit_flat},
#if COHORT_BENCH_TBB
    {"local_flat", "the same in one process, on two threads; to a task_group of oneTBB", 0, local_flat},
#endif
    {"round_trip", "one task and its result; to a ping-pong of MPI", 2, round_trip},
    {"chain", "tasks that each need the one before, on one worker and alternating between two; to a ping-pong", 3,
     chain},
    {"tree", "a sum of many numbers by a tree of single tasks; to MPI_Reduce", 3, tree, true},
    {"task_graph", "graphs of Task Bench: METG(50%); to MPI by hand, all but rank 0", 3, task_graph},
    {"gather", "a value to rank 0; to MPI_Recv into a new std::vector", 2, gather},
    {"exchange",
     "a value from worker to worker, the first and the next, and one each way; to MPI into a new std::vector", 3,
     exchange},
    {"broadcast", "a value to all workers; to MPI_Bcast", 3, broadcast, true},
    {"remote_shape", "the shape of a matrix on a worker; to a round trip", 2, remote_shape},
    {"map", "the sum of a map over many elements; to a plain loop and to MPI by hand", 3, map, true},
    {"imbalance", "tasks whose times differ much, placed adversely; to the lower bound", 3, imbalance},
    {"idle", "CPU time of an idle rank, and the first task after", 3, idle},
    {"startup", "start of a program to its first result, last result to its end; to MPI_Init and MPI_Finalize", 0,
     startup},
    {"memory", "bytes at rank 0 and at a worker for each task that waits, or has ended and is held", 3, memory},
  };
  return cases;
}

}  // namespace bench
