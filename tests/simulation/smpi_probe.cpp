// A program for a simulated cluster: many ranks, each on one thread, with the simulation's clock.
#include <cohort/cohort.hpp>
#include <cstdio>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace {

long square(int x) { return static_cast<long>(x) * x; }

long sum(const std::vector<long>& parts) { return std::accumulate(parts.begin(), parts.end(), 0L); }

void expect(bool good, const char* what) {
  if (!good) throw std::logic_error(std::string("wrong: ") + what);
}

/// Some tasks for each worker, a tree that adds up their values where they lie, and a value that travels in segments.
void work(cohort::Client& client) {
  const int workers = client.worker_count();
  const int tasks = 4 * workers;
  std::vector<cohort::Future<long>> level;
  for (int i = 0; i < tasks; ++i) level.push_back(client.submit(square, i));
  while (level.size() > 1) {
    std::vector<cohort::Future<long>> next;
    for (std::size_t i = 0; i < level.size(); i += 8) {
      const auto end = level.begin() + static_cast<std::ptrdiff_t>(std::min(level.size(), i + 8));
      next.push_back(
          client.submit(sum, std::vector<cohort::Future<long>>(level.begin() + static_cast<std::ptrdiff_t>(i), end)));
    }
    level = std::move(next);
  }
  const long n = tasks;
  expect(level.front().result() == (n - 1) * n * (2 * n - 1) / 6, "the sum of squares");

  const auto ranks = client.run_on_all([] { return cohort::this_task::rank(); });
  for (int i = 0; i < workers; ++i) expect(ranks[static_cast<std::size_t>(i)] == i + 1, "the ranks");

  const auto big = client.submit({.rank = 1}, [] { return std::vector<double>(100'000, 0.5); });
  const auto far = client.submit(
      {.rank = workers}, [](const std::vector<double>& v) { return v.size(); }, big);
  expect(far.result() == 100'000, "the size of a value that was fetched");
  expect(client.submit([](int x) -> int { throw std::out_of_range(std::to_string(x)); }, 3).exception() != nullptr,
         "a failure");
  std::printf("all is well: %d workers, %d tasks\n", workers, tasks);
}

}  // namespace

int main(int argc, char** argv) { return cohort::run(argc, argv, work); }
