/// k-means: points are made or parsed on the workers and stay there over all iterations; what travels are centroids.

#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "csv_file.hpp"
#include "first_centroids.hpp"
#include "flags/flags.hpp"
#include "lloyd.hpp"
#include "options.hpp"
#include "plain_lloyd.hpp"
#include "point.hpp"
#include "point_source.hpp"

namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kCheckTolerance = 1e-6;

template <std::size_t Width>
std::vector<Point<Width>> start(const cohort::Collection<Point<Width>>& points, const Options& options) {
  auto centroids = first_centroids(points, options.clusters, options.seed);
  if (centroids.size() == options.clusters) return centroids;
  throw BadInput("too few distinct points (" + std::to_string(centroids.size()) + ") for " +
                 std::to_string(options.clusters) + " clusters");
}

template <std::size_t Width>
void print(const Clustering<Width>& clustering, std::size_t dimensions) {
  std::printf("\n%10s  centroid\n", "size");
  for (std::size_t i = 0; i < clustering.centroids.size(); ++i) {
    std::printf("%10llu ", static_cast<unsigned long long>(clustering.sizes[i]));
    for (std::size_t j = 0; j < dimensions; ++j) std::printf(" %.6f", clustering.centroids[i][j]);
    std::printf("\n");
  }
}

/// Whether a plain loop finds the same centroids.
template <std::size_t Width>
bool check(const cohort::Collection<Point<Width>>& points, const std::vector<Point<Width>>& first,
           const Clustering<Width>& clustering) {
  const auto expected = plain_lloyd(points.gather(), first, clustering.iterations);
  const double difference = largest_difference(clustering.centroids, expected);
  const bool same = difference <= kCheckTolerance;
  std::printf("\n%-14s %s a plain loop's (largest difference: %.1e)\n", "check", same ? "as" : "NOT as", difference);
  return same;
}

template <std::size_t Width>
int run(cohort::Client& client, const CsvFile& file, const Options& options) {
  const cohort::Collection<Point<Width>> points =
      options.input ? read<Width>(client, file, options) : generate<Width>(client, options);
  if (options.input) require_points(points, file);
  const std::vector<Point<Width>> first = start(points, options);

  const std::uint64_t received_before = client.traffic().bytes_received;
  const auto begin = std::chrono::steady_clock::now();
  const Clustering<Width> clustering = lloyd(points, first, options.stop);
  const Seconds time = std::chrono::steady_clock::now() - begin;
  const std::uint64_t received = client.traffic().bytes_received - received_before;

  const std::size_t dimensions = options.input ? file.dimensions : options.dimensions;
  const auto iterations = static_cast<unsigned>(clustering.iterations);
  std::uint64_t count = 0;
  for (const std::uint64_t size : clustering.sizes) count += size;
  std::printf("%-14s %13llu of %zu dimensions\n", "points", static_cast<unsigned long long>(count), dimensions);
  std::printf("%-14s %13u%s\n", "iterations", iterations,
              clustering.converged ? "" : " (as many as --iterations allows)");
  std::printf("%-14s %13.6f from the centroids\n", "mean square",
              clustering.squared_distance / static_cast<double>(count));
  std::printf("%-14s %13.6f s an iteration (workers: %d, slots: %d)\n", "time", time.count() / iterations,
              client.worker_count(), client.slot_count());
  std::printf("%-14s %13llu bytes an iteration\n", "to rank 0", static_cast<unsigned long long>(received / iterations));
  print(clustering, dimensions);
  return !options.check || check(points, first, clustering) ? 0 : 1;
}

int run(cohort::Client& client, const Options& options) {
  const CsvFile file = options.input ? look_at_csv(*options.input) : CsvFile{};
  const std::size_t dimensions = options.input ? file.dimensions : options.dimensions;
  if (dimensions <= 2) return run<2>(client, file, options);
  if (dimensions <= 8) return run<8>(client, file, options);
  return run<kMostDimensions>(client, file, options);
}

}  // namespace

int main(int argc, char** argv) {
  return cohort::run(argc, argv, [&](cohort::Client& client) {
    try {
      const Options options = read_options(argc, argv);
      if (!options.help) return run(client, options);
      std::printf("%s", help_text().c_str());
      return 0;
    } catch (const WrongUse& wrong) {
      std::fprintf(stderr, "kmeans: %s (see --help)\n", wrong.what());
      return 2;
    } catch (const BadInput& bad) {
      std::fprintf(stderr, "kmeans: %s\n", bad.what());
      return 1;
    }
  });
}
