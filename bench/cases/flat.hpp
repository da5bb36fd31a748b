#pragma once

#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "measure.hpp"

/// Many tasks int -> int that need nothing of each other.
namespace bench::flat {

inline const std::vector<std::uint64_t> kCounts = {1'000, 10'000, 100'000, 1'000'000, 10'000'000};
inline constexpr std::uint64_t kStandardCount = 1'000'000;
inline int repetitions_for(std::uint64_t count) { return count <= 100'000 ? 15 : 7; }

inline int work(int x) { return x + 1; }

inline void require_results(const std::vector<int>& results, int count) {
  if (results.size() != static_cast<std::size_t>(count)) std::abort();
  for (int i = 0; i < count; ++i) {
    if (results[static_cast<std::size_t>(i)] != i + 1) std::abort();
  }
}

/// Microseconds for each, submitted one by one, all gathered.
inline double submitted(cohort::Client& client, int count) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<cohort::Future<int>> futures;
  for (int i = 0; i < count; ++i) futures.push_back(client.submit(work, i));
  const std::vector<int> results = client.gather(futures);
  const double seconds = seconds_since(start);
  require_results(results, count);
  return seconds / count * 1e6;
}

}  // namespace bench::flat
