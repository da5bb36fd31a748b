// A map over many elements and its sum, against the loop that one would write on one rank, and on all of them.
#include <mpi.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <ranges>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/plain_mpi.hpp"
#include "measure.hpp"

namespace bench {

namespace {

long trivial(long x) { return x * x ^ (x >> 3); }

long loop(long begin, long end) {
  long sum = 0;
  for (long x = begin; x < end; ++x) sum += trivial(x);
  return sum;
}

/// Milliseconds; checks that all ways give the same sum.
class Sums {
 public:
  Sums(Bench& bench, long elements) : bench_(bench), elements_(elements) {}

  double plain_loop() {
    return while_others_sleep(bench_.rank(), {0}, [&] {
      const auto start = std::chrono::steady_clock::now();
      keep(loop(0, elements_));
      return seconds_since(start) * 1e3;
    });
  }
  /// Ranks from `first` on take an equal share each.
  double by_hand(int first) {
    long sum = 0;
    const double seconds = seconds_from_common_start(MPI_COMM_WORLD, [&] {
      long mine = 0;
      if (bench_.rank() >= first) {
        const long share = elements_ / (bench_.ranks() - first);
        const long begin = share * (bench_.rank() - first);
        mine = loop(begin, bench_.rank() + 1 == bench_.ranks() ? elements_ : begin + share);
      }
      MPI_Reduce(&mine, &sum, 1, MPI_LONG, MPI_SUM, 0, MPI_COMM_WORLD);
    });
    if (bench_.rank() == 0) keep(sum);
    return seconds * 1e3;
  }
  double in_cohort() {
    return bench_.in_cohort([&](cohort::Client& client) {
      const auto start = std::chrono::steady_clock::now();
      // A lambda, so that the compiler sees what it calls, as it does in the loops by hand.
      // In one expression: a collection with a name would be kept, element by element.
      const long sum =
          client.map([](long x) { return trivial(x); }, std::views::iota(0L, elements_)).reduce(std::plus()).result();
      const double seconds = seconds_since(start);
      keep(sum);
      return seconds * 1e3;
    });
  }

 private:
  void keep(long sum) {
    if (sum_ != 0 && sum != sum_) std::abort();
    sum_ = sum;
  }

  Bench& bench_;
  long elements_;
  long sum_ = 0;
};

}  // namespace

void map(Bench& bench) {
  for (const std::uint64_t size : bench.sizes({1'000'000, 100'000'000, 1'000'000'000}, 1'000'000'000)) {
    Sums sums(bench, static_cast<long>(size));
    std::vector<Contender> contenders;
    if (bench.ranks() > 1) {
      contenders.push_back({"MPI, all but rank 0", [&] { return sums.by_hand(1); }});
      contenders.push_back({"MPI, all ranks", [&] { return sums.by_hand(0); }});
    }
    contenders.push_back({"plain loop", [&] { return sums.plain_loop(); }});
    contenders.push_back({"cohort", [&] { return sums.in_cohort(); }});
    bench.compare("map", size, "ms", 9, contenders);
  }
}

}  // namespace bench
