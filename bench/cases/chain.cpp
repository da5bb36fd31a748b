// Tasks that each need the one before: the way from one task's end to the next one's start.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/plain_mpi.hpp"
#include "measure.hpp"

namespace bench {

namespace {

/// Task i on worker (i % workers) + 1.
double chain_on(cohort::Client& client, int workers, int length) {
  const auto work = [](int x) { return x + 1; };
  client.submit(work, 0).result();
  const auto start = std::chrono::steady_clock::now();
  auto last = client.submit(cohort::TaskOptions{.rank = 1}, work, 0);
  for (int i = 1; i < length; ++i) {
    last = client.submit(cohort::TaskOptions{.rank = i % workers + 1}, work, std::move(last));
  }
  if (last.result() != length) std::abort();
  return seconds_since(start) / length * 1e6;
}

}  // namespace

void chain(Bench& bench) {
  for (const std::uint64_t size : bench.sizes({1'000, 10'000, 100'000}, 100'000)) {
    const int length = static_cast<int>(size);
    const auto chain_over = [&](int workers) {
      return [&bench, workers, length] {
        return bench.in_cohort([&](cohort::Client& client) { return chain_on(client, workers, length); });
      };
    };
    if (bench.ranks() < 3) {
      bench.compare("chain", size, "us/task", 11, {{"cohort, one worker", chain_over(1)}});
    } else {
      bench.compare("chain", size, "us/task", 11,
                    {{"half an MPI ping-pong",
                      [&] { return ping_pong(bench.rank(), 1, 2, kSmallMessageBytes, length / 2) / 2 * 1e6; }},
                     {"cohort, one worker", chain_over(1)},
                     {"cohort, alternating", chain_over(2)}});
    }
  }
}

}  // namespace bench
