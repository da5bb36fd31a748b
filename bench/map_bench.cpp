// A map over many elements and its sum, against a hand-written MPI program: the same run, interleaved, medians.
//
//   mpirun -n 3 map_bench [millions of elements]
#include <mpi.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <ranges>
#include <vector>

namespace {

long trivial(long x) { return x * x ^ (x >> 3); }

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

std::size_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

struct Sum {
  double seconds = 0;
  long value = 0;
};

/// Ranks from `first` on take an equal share each.
Sum by_hand(long elements, int first, int rank, int ranks) {
  MPI_Barrier(MPI_COMM_WORLD);
  const auto start = std::chrono::steady_clock::now();
  long mine = 0;
  if (rank >= first) {
    const long workers = ranks - first;
    const long begin = elements / workers * (rank - first);
    const long end = rank + 1 == ranks ? elements : begin + elements / workers;
    for (long x = begin; x < end; ++x) mine += trivial(x);
  }
  Sum sum;
  MPI_Reduce(&mine, &sum.value, 1, MPI_LONG, MPI_SUM, 0, MPI_COMM_WORLD);
  sum.seconds = seconds_since(start);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const long elements = (argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1000) * 1'000'000;
  std::vector<double> all_ranks;
  std::vector<double> workers_only;
  std::vector<double> map;
  cohort::ChunkingReport report;
  std::size_t grown = 0;
  for (int i = 0; i < 9; ++i) {
    const Sum all = by_hand(elements, 0, rank, ranks);
    const Sum workers = by_hand(elements, ranks > 1 ? 1 : 0, rank, ranks);
    all_ranks.push_back(all.seconds);
    workers_only.push_back(workers.seconds);
    cohort::run(argc, argv, [&](cohort::Client& client) {
      const std::size_t before = peak_memory_bytes();
      const auto start = std::chrono::steady_clock::now();
      const long sum =
          client.map([](long x) { return trivial(x); }, std::views::iota(0L, elements)).reduce(std::plus()).result();
      map.push_back(seconds_since(start));
      grown = std::max(grown, peak_memory_bytes() - before);
      if (sum != all.value || sum != workers.value) std::abort();
    });
  }
  if (rank == 0) {
    const double best = std::min(median(all_ranks), median(workers_only));
    std::printf(
        "%ld elements on %d ranks: by hand %.1f ms on all ranks, %.1f ms on all but rank 0; map %.1f ms: ratio %.3f; "
        "rank 0 grew by %.1f MiB\n",
        elements, ranks, median(all_ranks) * 1e3, median(workers_only) * 1e3, median(map) * 1e3, median(map) / best,
        static_cast<double>(grown) / 1048576);
  }
  MPI_Finalize();
}
