#pragma once

#include <cstddef>
#include <cstdint>

#include "monte_carlo/random_pair.hpp"
#include "point.hpp"

/// Points around centers that lie anywhere in a cube. A point is a function of its index, so that the workers can make
/// them, and make the same ones however many they are.
template <std::size_t Width>
struct GeneratedPoints {
  std::uint64_t seed = 0;
  std::size_t dimensions = 0;  ///< at most Width
  std::size_t clusters = 0;

  static constexpr double kCubeSide = 100;
  static constexpr double kDeviation = 10;
  /// Streams of random numbers: those of the points' clusters, and from these on one for two coordinates each.
  static constexpr std::uint64_t kClusterStream = 0;
  static constexpr std::uint64_t kCenterStreams = 100;
  static constexpr std::uint64_t kPointStreams = 200;

  Point<Width> operator()(long index) const {
    const auto number = static_cast<std::uint64_t>(index);
    const double choice = uniform_pair(seed, number, kClusterStream).a * static_cast<double>(clusters);
    const auto cluster = static_cast<std::uint64_t>(choice);
    Point<Width> point{};
    for (std::size_t i = 0; i < dimensions; i += 2) {
      const RandomPair center = uniform_pair(seed, cluster, kCenterStreams + i);
      const RandomPair offset = normal_pair(seed, number, kPointStreams + i);
      point[i] = kCubeSide * center.a + kDeviation * offset.a;
      if (i + 1 < dimensions) point[i + 1] = kCubeSide * center.b + kDeviation * offset.b;
    }
    return point;
  }
};
