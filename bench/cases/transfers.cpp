// Values on their way: to rank 0, from worker to worker, to all workers; against MPI into a new std::vector each time.
#include <mpi.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/matrix.hpp"
#include "cases/plain_mpi.hpp"
#include "measure.hpp"

namespace bench {

namespace {

using Values = std::vector<double>;

constexpr std::uint64_t kKiB = 1 << 10;
constexpr std::uint64_t kMiB = 1 << 20;

std::vector<std::uint64_t> byte_sizes(const Bench& bench) {
  return bench.sizes({kKiB, 32 * kKiB, kMiB, 8 * kMiB, 64 * kMiB, 256 * kMiB, 1024 * kMiB}, 256 * kMiB);
}
int repetitions_for(std::uint64_t bytes) { return bytes <= 8 * kMiB ? 21 : bytes <= 64 * kMiB ? 11 : 5; }

void require(bool holds) {
  if (!holds) std::abort();
}
void require_values(const Values& values, std::size_t bytes) {
  require(values.size() == bytes / sizeof(double) && values.front() == kElement && values.back() == kElement);
}
Values make_values(std::size_t bytes) { return Values(bytes / sizeof(double), kElement); }
double last_of(const Values& values) { return values.back(); }
double sum_of(const Values& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}
using Read = double (*)(const Values&);

/// Microseconds until `to`, who makes a vector for it, has read what `from` has.
double plain_transfer(int rank, int from, int to, std::size_t bytes, Read read = last_of) {
  const Values source = rank == from ? make_values(bytes) : Values();
  const auto count = static_cast<int>(bytes / sizeof(double));
  return while_others_sleep(rank, {to, from}, [&] {
    int ready = 0;
    if (rank == from) {
      MPI_Recv(&ready, 1, MPI_INT, to, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Send(source.data(), count, MPI_DOUBLE, to, 0, MPI_COMM_WORLD);
      return 0.0;
    }
    // As result() asks for the value.
    const auto start = std::chrono::steady_clock::now();
    MPI_Send(&ready, 1, MPI_INT, from, 0, MPI_COMM_WORLD);
    Values received(static_cast<std::size_t>(count));
    MPI_Recv(received.data(), count, MPI_DOUBLE, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    require(read(received) != 0);
    const double seconds = seconds_since(start);
    require_values(received, bytes);
    return seconds * 1e6;
  });
}

constexpr int kTrades = 4;

/// Microseconds until ranks 1 and 2 have each made values and added up the other's.
double plain_trade(int rank, std::size_t bytes) {
  const auto count = static_cast<int>(bytes / sizeof(double));
  return while_others_sleep(rank, {1, 2}, [&] {
    double seconds = 0;
    for (int round = -1; round < kTrades; ++round) {
      int ready = 0;
      MPI_Sendrecv_replace(&ready, 1, MPI_INT, 3 - rank, 0, 3 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      const auto start = std::chrono::steady_clock::now();
      const Values mine = make_values(bytes);
      Values others(static_cast<std::size_t>(count));
      MPI_Sendrecv(mine.data(), count, MPI_DOUBLE, 3 - rank, 0, others.data(), count, MPI_DOUBLE, 3 - rank, 0,
                   MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      require(sum_of(others) != 0);
      if (round >= 0) seconds += seconds_since(start);
    }
    return seconds / kTrades * 1e6;
  });
}

double plain_broadcast(int rank, std::size_t bytes) {
  const Values source = rank == 0 ? make_values(bytes) : Values();
  const auto count = static_cast<int>(bytes / sizeof(double));
  Values received;
  const double seconds = seconds_from_common_start(MPI_COMM_WORLD, [&] {
    if (rank != 0) received.resize(static_cast<std::size_t>(count));
    void* const buffer = rank == 0 ? const_cast<double*>(source.data()) : received.data();
    MPI_Bcast(buffer, count, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
  });
  if (rank != 0) require_values(received, bytes);
  return seconds * 1e6;
}

/// Nothing of what came before is still to be done.
void settle(cohort::Client& client) {
  client.run_on_all([] {});
}

double gathered(cohort::Client& client, std::size_t bytes) {
  const auto there = client.submit(cohort::TaskOptions{.rank = 1}, make_values, bytes);
  client.wait(std::vector{there});
  settle(client);
  const auto start = std::chrono::steady_clock::now();
  const Values here = there.result();
  const double seconds = seconds_since(start);
  require_values(here, bytes);
  return seconds * 1e6;
}

double exchanged(cohort::Client& client, std::size_t bytes, Read read) {
  const auto there = client.submit(cohort::TaskOptions{.rank = 1}, make_values, bytes);
  client.wait(std::vector{there});
  client.submit(cohort::TaskOptions{.rank = 2}, read, make_values(sizeof(double))).result();
  settle(client);
  const auto start = std::chrono::steady_clock::now();
  require(client.submit(cohort::TaskOptions{.rank = 2}, read, there).result() != 0);
  return seconds_since(start) * 1e6;
}
/// The same, where such a value has been exchanged before.
double exchanged_again(cohort::Client& client, std::size_t bytes, Read read) {
  exchanged(client, bytes, read);
  return exchanged(client, bytes, read);
}

double traded(cohort::Client& client, std::size_t bytes) {
  double seconds = 0;
  for (int round = -1; round < kTrades; ++round) {
    settle(client);
    const auto start = std::chrono::steady_clock::now();
    std::vector<cohort::Future<double>> sums;
    for (const int rank : {1, 2}) {
      const auto values = client.submit(cohort::TaskOptions{.rank = rank}, make_values, bytes);
      sums.push_back(client.submit(cohort::TaskOptions{.rank = 3 - rank}, sum_of, values));
    }
    for (const double sum : client.gather(sums)) require(sum != 0);
    if (round >= 0) seconds += seconds_since(start);
  }
  return seconds / kTrades * 1e6;
}

double broadcast_to_all(cohort::Client& client, std::size_t bytes) {
  Values values = make_values(bytes);
  settle(client);
  const auto start = std::chrono::steady_clock::now();
  const auto everywhere = client.broadcast(std::move(values));
  std::vector<cohort::Future<double>> seen;
  for (int w = 1; w <= client.worker_count(); ++w) {
    seen.push_back(client.submit(cohort::TaskOptions{.rank = w}, last_of, everywhere));
  }
  for (const double last : client.gather(seen)) require(last == kElement);
  return seconds_since(start) * 1e6;
}

constexpr int kShapes = 2'000;

double shapes(cohort::Client& client, std::size_t bytes) {
  const auto matrix = client.submit(cohort::TaskOptions{.rank = 1}, make_matrix, bytes);
  require(client.submit(&Matrix::shape, matrix).result().first == 64);
  settle(client);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kShapes; ++i) require(client.submit(&Matrix::shape, matrix).result().first == 64);
  return seconds_since(start) / kShapes * 1e6;
}

double trips(cohort::Client& client) {
  const auto work = [](int x) { return x + 1; };
  require(client.submit(work, 1).result() == 2);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kShapes; ++i) require(client.submit(work, i).result() == i + 1);
  return seconds_since(start) / kShapes * 1e6;
}

}  // namespace

void gather(Bench& bench) {
  for (const std::uint64_t bytes : byte_sizes(bench)) {
    bench.compare(
        "gather", bytes, "us", repetitions_for(bytes),
        {{"MPI_Recv", [&] { return plain_transfer(bench.rank(), 1, 0, bytes); }},
         {"cohort", [&] { return bench.in_cohort([&](cohort::Client& client) { return gathered(client, bytes); }); }}});
  }
}

void exchange(Bench& bench) {
  for (const std::uint64_t bytes : byte_sizes(bench)) {
    const auto cohort = [&bench, bytes](auto measure, const char* flag = "") {
      return [&bench, bytes, measure, flag] {
        return bench.in_cohort([&](cohort::Client& client) { return measure(client, bytes); }, flag);
      };
    };
    const auto once = [](auto& client, std::size_t size) { return exchanged(client, size, last_of); };
    const auto again = [](auto& client, std::size_t size) { return exchanged_again(client, size, last_of); };
    const auto read = [](auto& client, std::size_t size) { return exchanged_again(client, size, sum_of); };
    const char* const sent = "--cohort-shared-memory=no";
    const int repetitions = repetitions_for(bytes);
    bench.compare("exchange", bytes, "us", repetitions,
                  {{"MPI_Recv", [&] { return plain_transfer(bench.rank(), 1, 2, bytes); }},
                   {"cohort", cohort(once)},
                   {"cohort, again", cohort(again)}});
    bench.compare("exchange, all read", bytes, "us", repetitions,
                  {{"MPI_Recv", [&] { return plain_transfer(bench.rank(), 1, 2, bytes, sum_of); }},
                   {"cohort", cohort(read)},
                   {"cohort, sent", cohort(read, sent)}});
    bench.compare("trade", bytes, "us", repetitions / 2 + 1,
                  {{"MPI_Sendrecv", [&] { return plain_trade(bench.rank(), bytes); }},
                   {"cohort", cohort(traded)},
                   {"cohort, sent", cohort(traded, sent)}});
  }
}

void broadcast(Bench& bench) {
  for (const std::uint64_t bytes : byte_sizes(bench)) {
    bench.compare("broadcast", bytes, "us", repetitions_for(bytes),
                  {{"MPI_Bcast", [&] { return plain_broadcast(bench.rank(), bytes); }},
                   {"cohort", [&] {
                      return bench.in_cohort([&](cohort::Client& client) { return broadcast_to_all(client, bytes); });
                    }}});
  }
}

void remote_shape(Bench& bench) {
  for (const std::uint64_t bytes :
       bench.sizes({kKiB, 32 * kKiB, kMiB, 8 * kMiB, 128 * kMiB, 1024 * kMiB}, 128 * kMiB)) {
    bench.compare(
        "remote_shape", bytes, "us", 7,
        {{"cohort, round trip", [&] { return bench.in_cohort(trips); }},
         {"cohort", [&] { return bench.in_cohort([&](cohort::Client& client) { return shapes(client, bytes); }); }}});
  }
}

}  // namespace bench
