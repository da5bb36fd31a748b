#include "work.hpp"

#include <algorithm>
#include <chrono>

#include "measure.hpp"

namespace {

constexpr std::uint64_t kCalibrationSteps = 2'000'000;

}  // namespace

/// Each step needs the one before (Marsaglia's xorshift).
std::uint64_t do_work(Work work) {
  std::uint64_t x = work.seed + 1;
  for (std::uint64_t i = 0; i < work.steps; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

double steps_per_second() {
  double best = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto start = std::chrono::steady_clock::now();
    volatile std::uint64_t result = do_work({seed, kCalibrationSteps});
    static_cast<void>(result);
    const Seconds time = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(kCalibrationSteps) / time.count());
  }
  return best;
}
