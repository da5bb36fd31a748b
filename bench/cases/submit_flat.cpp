// The cost of a task: N of them, int -> int, submitted one by one, and every result gathered.
#include <mpi.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/flat.hpp"
#include "measure.hpp"

namespace bench {

namespace {

/// What goes to a worker and back by hand: one message a task.
struct Job {
  int index;
  int value;
};
constexpr int kOutstanding = 64;
constexpr int kStop = -1;

void serve_by_hand() {
  while (true) {
    Job job;
    MPI_Recv(&job, 2, MPI_INT, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (job.index == kStop) return;
    job.value = flat::work(job.value);
    MPI_Send(&job, 2, MPI_INT, 0, 0, MPI_COMM_WORLD);
  }
}

void submit_by_hand(int count, int ranks) {
  std::vector<int> results(static_cast<std::size_t>(count));
  int sent = 0;
  const auto send_next = [&](int to) {
    if (sent == count) return;
    const Job job{sent, sent};
    MPI_Send(&job, 2, MPI_INT, to, 0, MPI_COMM_WORLD);
    ++sent;
  };
  for (int i = 0; i < kOutstanding; ++i) {
    for (int to = 1; to < ranks; ++to) send_next(to);
  }
  for (int received = 0; received < count; ++received) {
    Job job;
    MPI_Status status;
    MPI_Recv(&job, 2, MPI_INT, MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &status);
    results[static_cast<std::size_t>(job.index)] = job.value;
    send_next(status.MPI_SOURCE);
  }
  flat::require_results(results, count);
  const Job stop{kStop, 0};
  for (int to = 1; to < ranks; ++to) MPI_Send(&stop, 2, MPI_INT, to, 0, MPI_COMM_WORLD);
}

double master_and_workers(const Bench& bench, int count) {
  MPI_Barrier(MPI_COMM_WORLD);
  const auto start = std::chrono::steady_clock::now();
  if (bench.rank() == 0) {
    submit_by_hand(count, bench.ranks());
  } else {
    serve_by_hand();
  }
  return seconds_since(start) / count * 1e6;
}

}  // namespace

void submit_flat(Bench& bench) {
  for (const std::uint64_t size : bench.sizes(flat::kCounts, flat::kStandardCount)) {
    const int count = static_cast<int>(size);
    bench.compare("submit_flat", size, "us/task", flat::repetitions_for(size),
                  {{"MPI master and workers", [&] { return master_and_workers(bench, count); }},
                   {"cohort", [&] {
                      return bench.in_cohort([&](cohort::Client& client) { return flat::submitted(client, count); });
                    }}});
  }
}

}  // namespace bench
