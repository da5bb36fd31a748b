// Chunks that are chosen by themselves against fixed ones of every size: the same run, interleaved, medians. A sweep
// finds the best fixed size, which is then measured against the automatic one.
//
//   mpirun -n 3 chunking_bench [repetitions]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cohort/cohort.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <ranges>
#include <vector>

#include "measure.hpp"

namespace {

/// Work of one run, on one slot.
constexpr double kTotalSeconds = 0.4;
constexpr std::uint64_t kCalibrationSteps = 5'000'000;
/// Between the cheapest and the dearest element, where they differ.
constexpr double kSpread = 100;
constexpr std::size_t kGrowth = 4;
/// Fixed sizes that would make more chunks than this are left out: each of them would take many seconds.
constexpr std::size_t kMostChunks = 1 << 17;
/// A size that took at least so many times as long as the best run so far is not tried again.
constexpr double kHopeless = 4;

/// Each step needs the one before (Marsaglia's xorshift).
std::uint64_t spin(std::uint64_t seed, std::uint64_t steps) {
  std::uint64_t x = seed + 1;
  for (std::uint64_t i = 0; i < steps; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

/// Element i takes first_steps * growth^i steps.
struct Element {
  double first_steps = 0;
  double log_growth = 0;

  std::uint64_t operator()(std::uint64_t i) const {
    const double factor = log_growth == 0 ? 1 : std::exp(log_growth * static_cast<double>(i));
    return spin(i, static_cast<std::uint64_t>(first_steps * factor));
  }
};

double steps_per_second() {
  double best = 0;
  for (std::uint64_t seed = 0; seed < 9; ++seed) {
    const auto start = std::chrono::steady_clock::now();
    volatile std::uint64_t result = spin(seed, kCalibrationSteps);
    static_cast<void>(result);
    best = std::max(best, static_cast<double>(kCalibrationSteps) / seconds_since(start));
  }
  return best;
}

struct Work {
  const char* name = "";
  std::uint64_t count = 0;
  Element element;
};

Work even(const char* name, double element_seconds, double speed) {
  return {name, static_cast<std::uint64_t>(kTotalSeconds / element_seconds), {element_seconds * speed, 0}};
}

Work sorted(const char* name, double least_seconds, double speed, bool ascending) {
  // The mean of spread^x over x from 0 to 1.
  const double mean_seconds = least_seconds * (kSpread - 1) / std::log(kSpread);
  const auto count = static_cast<std::uint64_t>(kTotalSeconds / mean_seconds);
  const double log_growth = std::log(kSpread) / static_cast<double>(count);
  if (ascending) return {name, count, {least_seconds * speed, log_growth}};
  return {name, count, {kSpread * least_seconds * speed, -log_growth}};
}

struct Size {
  cohort::Chunking chunking;  ///< 0: chosen by itself
  std::vector<double> seconds;
};

std::vector<Size> sizes_for(const Work& work, int slots) {
  std::vector<Size> sizes(1);
  for (std::size_t items = 1; items <= work.count / static_cast<std::size_t>(slots); items *= kGrowth) {
    if (work.count / items <= kMostChunks) sizes.push_back({{items}, {}});
  }
  return sizes;
}

double run_once(cohort::Client& client, const Work& work, cohort::Chunking chunking, std::uint64_t expected) {
  const auto start = std::chrono::steady_clock::now();
  const std::uint64_t sum =
      client.map(work.element, std::views::iota(std::uint64_t{0}, work.count), chunking).reduce(std::plus()).result();
  const double seconds = seconds_since(start);
  if (sum != expected) std::abort();
  return seconds;
}

/// Prints the table; returns the best fixed size. The first size is the automatic one.
const Size& report(const std::vector<Size>& sizes) {
  const auto best = std::min_element(sizes.begin() + 1, sizes.end(), [](const Size& a, const Size& b) {
    return median(a.seconds) < median(b.seconds);
  });
  std::printf("%12s %12s %12s %6s\n", "chunk", "median ms", "least ms", "runs");
  for (const Size& size : sizes) {
    if (size.chunking.items == 0) {
      std::printf("%12s", "automatic");
    } else {
      std::printf("%12zu", size.chunking.items);
    }
    std::printf(" %12.2f %12.2f %6zu%s\n", median(size.seconds) * 1e3, least(size.seconds) * 1e3, size.seconds.size(),
                &size == &*best ? "  best fixed" : "");
  }
  return *best;
}

/// The two by turns, in new runs: the least of many medians in the sweep is less than any of these sizes takes.
double compare(cohort::Client& client, const Work& work, cohort::Chunking fixed, std::uint64_t expected,
               int repetitions) {
  std::vector<double> automatic;
  std::vector<double> best;
  for (int i = 0; i < repetitions; ++i) {
    automatic.push_back(run_once(client, work, {}, expected));
    best.push_back(run_once(client, work, fixed, expected));
  }
  const double ratio = median(automatic) / median(best);
  std::printf("by turns: automatic %.2f ms, best fixed %.2f ms: ratio %.3f; by the least times %.3f\n\n",
              median(automatic) * 1e3, median(best) * 1e3, ratio, least(automatic) / least(best));
  std::fflush(stdout);
  return ratio;
}

/// Returns automatic / best fixed.
double sweep(cohort::Client& client, const Work& work, int repetitions) {
  std::uint64_t expected = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < work.count; ++i) expected += work.element(i);
  std::printf("%s: %lu elements, %.1f ms in a loop on rank 0\n", work.name, static_cast<unsigned long>(work.count),
              seconds_since(start) * 1e3);

  std::vector<Size> sizes = sizes_for(work, client.slot_count());
  double best = run_once(client, work, {}, expected);  // also warms up
  for (int i = 0; i < repetitions; ++i) {
    for (Size& size : sizes) {
      const bool fixed = size.chunking.items != 0;
      if (fixed && i != 0 && least(size.seconds) > kHopeless * best) continue;
      size.seconds.push_back(run_once(client, work, size.chunking, expected));
      best = std::min(best, size.seconds.back());
    }
  }
  return compare(client, work, report(sizes).chunking, expected, 2 * repetitions);
}

}  // namespace

int main(int argc, char** argv) {
  return cohort::run(argc, argv, [&](cohort::Client& client) {
    const int repetitions = std::max(1, argc > 1 ? std::atoi(argv[1]) : 9);
    const double speed = client.run_on_all(steps_per_second).front();
    std::printf("%d slots, %.0f steps/us, %d repetitions\n\n", client.slot_count(), speed / 1e6, repetitions);
    double worst = 0;
    for (const Work& work : {even("100 ns", 100e-9, speed), even("10 us", 10e-6, speed), even("1 ms", 1e-3, speed),
                             sorted("1 us to 100 us, ascending", 1e-6, speed, true),
                             sorted("100 us to 1 us, descending", 1e-6, speed, false)}) {
      worst = std::max(worst, sweep(client, work, repetitions));
    }
    std::printf("automatic / best fixed, at worst: %.3f\n", worst);
  });
}
