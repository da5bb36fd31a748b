// One task and its result: what a program waits that needs each result before it goes on.
#include <chrono>
#include <cstdlib>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/plain_mpi.hpp"
#include "measure.hpp"

namespace bench {

namespace {

constexpr int kRounds = 10'000;

double round_trips(cohort::Client& client) {
  const auto work = [](int x) { return x + 1; };
  if (client.submit(work, 1).result() != 2) std::abort();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) {
    if (client.submit(work, i).result() != i + 1) std::abort();
  }
  return seconds_since(start) / kRounds * 1e6;
}

}  // namespace

void round_trip(Bench& bench) {
  bench.compare("round_trip", 1, "us", 11,
                {{"MPI ping-pong", [&] { return ping_pong(bench.rank(), 0, 1, kSmallMessageBytes, kRounds) * 1e6; }},
                 {"cohort", [&] { return bench.in_cohort(round_trips); }}});
}

}  // namespace bench
