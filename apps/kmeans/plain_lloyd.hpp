#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "point.hpp"

/// The same as lloyd(), for points that are all here, and in the simplest way: what it gives is what is right.
template <std::size_t Width>
std::vector<Point<Width>> plain_lloyd(const std::vector<Point<Width>>& points, std::vector<Point<Width>> centroids,
                                      int iterations) {
  for (int iteration = 0; iteration < iterations; ++iteration) {
    std::vector<Point<Width>> sums(centroids.size());
    std::vector<double> sizes(centroids.size());
    for (const Point<Width>& point : points) {
      const std::size_t cluster = nearest(point, centroids).index;
      for (std::size_t i = 0; i < Width; ++i) sums[cluster][i] += point[i];
      ++sizes[cluster];
    }
    for (std::size_t cluster = 0; cluster < centroids.size(); ++cluster) {
      if (sizes[cluster] == 0) continue;
      for (std::size_t i = 0; i < Width; ++i) centroids[cluster][i] = sums[cluster][i] / sizes[cluster];
    }
  }
  return centroids;
}

/// The largest difference of two coordinates, relative to them where they are large.
template <std::size_t Width>
double largest_difference(const std::vector<Point<Width>>& a, const std::vector<Point<Width>>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < Width; ++j) {
      largest = std::max(largest, std::abs(a[i][j] - b[i][j]) / std::max(1.0, std::abs(b[i][j])));
    }
  }
  return largest;
}
