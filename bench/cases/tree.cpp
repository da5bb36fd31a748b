// A sum by a tree of single tasks: what each task is paid for, and the way to the root.
#include <mpi.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/plain_mpi.hpp"
#include "measure.hpp"

namespace bench {

namespace {

std::int64_t leaf(std::int64_t i) { return i; }
std::int64_t sum(std::int64_t a, std::int64_t b) { return a + b; }

std::int64_t expected(std::int64_t leaves) { return leaves * (leaves - 1) / 2; }

double tree_of_tasks(cohort::Client& client, std::int64_t leaves) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<cohort::Future<std::int64_t>> level;
  for (std::int64_t i = 0; i < leaves; ++i) level.push_back(client.submit(leaf, i));
  while (level.size() > 1) {
    std::vector<cohort::Future<std::int64_t>> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      next.push_back(client.submit(sum, std::move(level[i]), std::move(level[i + 1])));
    }
    if (level.size() % 2 == 1) next.push_back(std::move(level.back()));
    level = std::move(next);
  }
  if (level[0].result() != expected(leaves)) std::abort();
  return seconds_since(start) * 1e6 / static_cast<double>(2 * leaves - 1);
}

double reduced_by_hand(const Bench& bench, std::int64_t leaves) {
  std::int64_t total = 0;
  const double seconds = seconds_from_common_start(MPI_COMM_WORLD, [&] {
    std::int64_t mine = 0;
    for (std::int64_t i = bench.rank(); i < leaves; i += bench.ranks()) mine += leaf(i);
    MPI_Reduce(&mine, &total, 1, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
  });
  if (bench.rank() == 0 && total != expected(leaves)) std::abort();
  return seconds * 1e6 / static_cast<double>(2 * leaves - 1);
}

}  // namespace

void tree(Bench& bench) {
  for (const std::uint64_t size : bench.sizes({1'000, 10'000, 100'000}, 100'000)) {
    const auto leaves = static_cast<std::int64_t>(size);
    bench.compare("tree", size, "us/task", 11,
                  {{"MPI_Reduce", [&] { return reduced_by_hand(bench, leaves); }},
                   {"cohort", [&] {
                      return bench.in_cohort([&](cohort::Client& client) { return tree_of_tasks(client, leaves); });
                    }}});
  }
}

}  // namespace bench
