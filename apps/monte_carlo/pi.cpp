#include "pi.hpp"

#include <cmath>
#include <functional>
#include <ranges>

#include "random_pair.hpp"

namespace {

constexpr std::uint64_t kStream = 0;

}  // namespace

Estimate estimate_pi(cohort::Client& client, const Sampling& sampling) {
  const auto is_inside = [seed = sampling.seed](long sample) {
    const RandomPair point = uniform_pair(seed, static_cast<std::uint64_t>(sample), kStream);
    return point.a * point.a + point.b * point.b < 1 ? 1L : 0L;
  };
  // A count: the same in whatever order it is added up.
  const long inside =
      client.map(is_inside, std::views::iota(0L, sampling.samples), sampling.chunking).reduce(std::plus()).result();
  const auto samples = static_cast<double>(sampling.samples);
  const double share = static_cast<double>(inside) / samples;
  return {4 * share, 4 * kErrorsOf95Percent * std::sqrt(share * (1 - share) / samples)};
}
