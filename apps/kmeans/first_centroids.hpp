#pragma once

#include <algorithm>
#include <bit>
#include <cohort/cohort.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

#include "monte_carlo/random_pair.hpp"
#include "point.hpp"

/// Distinct points by a random number that follows from their coordinates. Those with the least numbers are a sample
/// which does not depend on the order of the points, nor on who has which of them.
template <std::size_t Width>
using Sample = std::map<std::uint64_t, Point<Width>>;

/// Keeps the `count` points with the least numbers: of points, and of two samples.
template <std::size_t Width>
struct KeepSample {
  std::uint64_t seed = 0;
  std::size_t count = 0;

  void operator()(Sample<Width>& sample, const Point<Width>& point) const {
    const std::uint64_t number = number_of(point);
    if (sample.size() < count || number < std::prev(sample.end())->first) sample.emplace(number, point);
    cut(sample);
  }
  Sample<Width> operator()(Sample<Width> a, Sample<Width> b) const {
    a.merge(b);
    cut(a);
    return a;
  }

 private:
  std::uint64_t number_of(const Point<Width>& point) const {
    std::uint64_t number = seed;
    for (std::size_t i = 0; i < Width; i += 2) {
      // + 0.0: a negative zero is the same point.
      const auto a = std::bit_cast<std::uint64_t>(point[i] + 0.0);
      const auto b = std::bit_cast<std::uint64_t>(point[i + 1] + 0.0);
      number = std::bit_cast<std::uint64_t>(uniform_pair(number, a, b).a);
    }
    return number;
  }
  void cut(Sample<Width>& sample) const {
    while (sample.size() > count) sample.erase(std::prev(sample.end()));
  }
};

/// Where the centroids start: points of a sample, each next one with a probability that grows with the square of its
/// distance from those before (Arthur, Vassilvitskii: "k-means++", SODA 2007). Fewer than `count` if there are no more
/// distinct points. Waits.
template <std::size_t Width>
std::vector<Point<Width>> first_centroids(const cohort::Collection<Point<Width>>& points, std::size_t count,
                                          std::uint64_t seed) {
  constexpr std::size_t kSampledPerCentroid = 32;
  const KeepSample<Width> keep{seed, kSampledPerCentroid * count};
  std::vector<Point<Width>> sample;
  for (const auto& [number, point] : points.reduce(Sample<Width>(), keep, keep).result()) sample.push_back(point);

  std::vector<Point<Width>> centroids;
  std::vector<double> weights(sample.size(), 1);
  while (centroids.size() < std::min(count, sample.size())) {
    double total = 0;
    for (const double weight : weights) total += weight;
    if (total == 0) break;  // what is left is no farther than doubles can tell
    double left = total * uniform_pair(seed, centroids.size()).a;
    std::size_t chosen = 0;
    while (chosen + 1 < sample.size() && left >= weights[chosen]) left -= weights[chosen++];
    while (weights[chosen] == 0) --chosen;  // rounding may have led beyond the last that can be chosen
    const bool is_first = centroids.empty();
    centroids.push_back(sample[chosen]);
    for (std::size_t i = 0; i < sample.size(); ++i) {
      const double distance = squared_distance(sample[i], sample[chosen]);
      weights[i] = is_first ? distance : std::min(weights[i], distance);
    }
  }
  return centroids;
}
