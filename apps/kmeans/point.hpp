#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <vector>

/// A point of at most `Width` dimensions; the coordinates it does not have are 0. How many it has is known while the
/// program runs, but with a constant number of them the compiler unrolls what is done for each.
template <std::size_t Width>
using Point = std::array<double, Width>;

inline constexpr std::size_t kMostDimensions = 16;

template <std::size_t Width>
double squared_distance(const Point<Width>& a, const Point<Width>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < Width; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

struct Nearest {
  std::size_t index = 0;
  double squared_distance = std::numeric_limits<double>::infinity();
};

/// The first of those that are equally near.
template <std::size_t Width>
Nearest nearest(const Point<Width>& point, const std::vector<Point<Width>>& centroids) {
  Nearest found;
  for (std::size_t i = 0; i < centroids.size(); ++i) {
    const double distance = squared_distance(point, centroids[i]);
    if (distance < found.squared_distance) found = {i, distance};
  }
  return found;
}
