/// startup_mpi: MPI_Init and MPI_Finalize, and nothing between them.

#include <mpi.h>

#include "cases/startup/stamps.hpp"

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const std::int64_t first = bench::programs::now_ns();
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) bench::programs::print({first, bench::programs::now_ns()});
  MPI_Finalize();
}
