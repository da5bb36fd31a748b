#pragma once

#include <algorithm>
#include <cmath>
#include <cohort/cohort.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "cluster_sums.hpp"
#include "point.hpp"

struct StopRule {
  double tolerance = 0;  ///< no centroid moved farther than this
  int iterations = 0;    ///< at most, >= 1
};

template <std::size_t Width>
struct Clustering {
  std::vector<Point<Width>> centroids;
  std::vector<std::uint64_t> sizes;  ///< points nearest to each, before it moved for the last time
  double squared_distance = 0;       ///< of all points from their centroids, likewise
  int iterations = 0;
  bool converged = false;  ///< stopped for the tolerance
};

/// Moves the centroids to the means of their clusters; one without points stays. Returns how far the farthest went.
template <std::size_t Width>
double move_centroids(const ClusterSums<Width>& sums, std::vector<Point<Width>>& centroids) {
  double farthest = 0;
  for (std::size_t i = 0; i < centroids.size(); ++i) {
    const auto& [sum, size] = sums.clusters[i];
    if (size == 0) continue;
    Point<Width> mean = sum;
    for (double& coordinate : mean) coordinate /= static_cast<double>(size);
    farthest = std::max(farthest, std::sqrt(squared_distance(mean, std::exchange(centroids[i], mean))));
  }
  return farthest;
}

/// k-means as Lloyd does it (IEEE Trans. Information Theory 28(2), 1982): each point belongs to its nearest centroid,
/// then each centroid moves to the mean of its points; and again. The points stay where they are: centroids go to them,
/// and sums come back.
template <std::size_t Width>
Clustering<Width> lloyd(const cohort::Collection<Point<Width>>& points, std::vector<Point<Width>> centroids,
                        const StopRule& stop) {
  Clustering<Width> result;
  ClusterSums<Width> sums;
  while (!result.converged && result.iterations < stop.iterations) {
    sums = points.reduce(ClusterSums<Width>(centroids.size()), AddToNearest<Width>{centroids}, merge<Width>).result();
    result.converged = move_centroids(sums, centroids) <= stop.tolerance;
    ++result.iterations;
  }
  result.centroids = std::move(centroids);
  for (const auto& cluster : sums.clusters) result.sizes.push_back(cluster.size);
  result.squared_distance = sums.squared_distance;
  return result;
}
