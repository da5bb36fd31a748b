#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "point.hpp"

/// What some points amount to: all that has to be known of them to move the centroids.
template <std::size_t Width>
struct ClusterSums {
  struct Cluster {
    Point<Width> sum{};
    std::uint64_t size = 0;
  };

  std::vector<Cluster> clusters;
  double squared_distance = 0;  ///< of all points from their centroids

  explicit ClusterSums(std::size_t count = 0) : clusters(count) {}

  void add(std::size_t index, const Point<Width>& point, std::uint64_t size = 1) {
    Cluster& cluster = clusters[index];
    for (std::size_t i = 0; i < Width; ++i) cluster.sum[i] += point[i];
    cluster.size += size;
  }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& clusters& squared_distance;
  }
};

template <std::size_t Width>
ClusterSums<Width> merge(ClusterSums<Width> a, const ClusterSums<Width>& b) {
  for (std::size_t i = 0; i < a.clusters.size(); ++i) a.add(i, b.clusters[i].sum, b.clusters[i].size);
  a.squared_distance += b.squared_distance;
  return a;
}

/// Adds a point to the cluster of the nearest centroid. The centroids go to the workers as a part of this function.
template <std::size_t Width>
struct AddToNearest {
  std::vector<Point<Width>> centroids;

  void operator()(ClusterSums<Width>& sums, const Point<Width>& point) const {
    const Nearest found = nearest(point, centroids);
    sums.add(found.index, point);
    sums.squared_distance += found.squared_distance;
  }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& centroids;
  }
};
