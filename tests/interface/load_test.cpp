// Many tasks, deep and wide graphs, several client threads.
#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "interface/shared_client.hpp"
#include "scale.hpp"

namespace cohort::test {
namespace {

const int kScale = scale();

std::int64_t sum(std::int64_t a, std::int64_t b) { return a + b; }
std::int64_t same(std::int64_t x) { return x; }

TEST_CASE("a hundred thousand tasks") {
  const int kTasks = 100'000 / kScale;
  std::vector<Future<std::int64_t>> tasks;
  for (int i = 0; i < kTasks; ++i) tasks.push_back(client().submit(same, i));
  const auto values = client().gather(tasks);
  CHECK(std::accumulate(values.begin(), values.end(), std::int64_t{0}) == std::int64_t{kTasks} * (kTasks - 1) / 2);
}

TEST_CASE("a chain of ten thousand tasks, with its futures kept and dropped") {
  const int kLength = 10'000 / kScale;
  auto dropped = client().submit(square, 0);
  std::vector<Future<int>> kept{client().submit(square, 0)};
  for (int i = 0; i < kLength; ++i) {
    dropped = client().submit(add, dropped, 1);
    kept.push_back(client().submit(add, kept.back(), 1));
  }
  CHECK(dropped.result() == kLength);
  CHECK(kept.back().result() == kLength);
  CHECK(kept[5].result() == 5);
}

TEST_CASE("a wide tree of sums") {
  const int kLeaves = 20'000 / kScale;
  std::vector<Future<std::int64_t>> level;
  for (int i = 0; i < kLeaves; ++i) level.push_back(client().submit(same, i));
  while (level.size() > 1) {
    std::vector<Future<std::int64_t>> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(client().submit(sum, level[i], level[i + 1]));
    if (level.size() % 2 == 1) next.push_back(level.back());
    level = std::move(next);
  }
  CHECK(level[0].result() == std::int64_t{kLeaves} * (kLeaves - 1) / 2);
}

TEST_CASE("one task with ten thousand inputs, and one input of ten thousand tasks") {
  const int kWide = 10'000 / kScale;
  std::vector<Future<int>> ones;
  for (int i = 0; i < kWide; ++i) ones.push_back(client().submit(square, 1));
  const auto total =
      client().submit([](const std::vector<int>& xs) { return std::accumulate(xs.begin(), xs.end(), 0); }, ones);
  std::vector<Future<int>> users;
  for (int i = 0; i < kWide; ++i) users.push_back(client().submit(add, total, i));
  CHECK(total.result() == kWide);
  CHECK(client().gather(users).back() == 2 * kWide - 1);
}

TEST_CASE("middling values go between workers in a grid of dependencies") {
  using Row = std::vector<int>;
  constexpr std::size_t kWidth = 20;
  std::vector<Future<Row>> row;
  for (std::size_t i = 0; i < kWidth; ++i) row.push_back(client().submit([] { return Row(2'000, 1); }));
  for (int step = 0; step < 40 / kScale; ++step) {
    std::vector<Future<Row>> next;
    for (std::size_t i = 0; i < kWidth; ++i) {
      next.push_back(client().submit(
          [](const Row& a, Row b, const Row& c) {
            for (std::size_t k = 0; k < b.size(); ++k) b[k] = (a[k] + b[k] + c[k]) % 1'000;
            return b;
          },
          row[(i + kWidth - 1) % kWidth], row[i], row[(i + 1) % kWidth]));
    }
    row = std::move(next);
  }
  int expected = 1;
  for (int step = 0; step < 40 / kScale; ++step) expected = expected * 3 % 1'000;
  for (const Row& values : client().gather(row)) CHECK(values == Row(2'000, expected));
}

TEST_CASE("several client threads at once") {
  std::vector<std::int64_t> sums(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < sums.size(); ++t) {
    threads.emplace_back([&sums, t] {
      std::vector<Future<std::int64_t>> tasks;
      for (int i = 0; i < 5'000 / kScale; ++i) {
        tasks.push_back(client().submit(sum, i, std::int64_t(t)));
        if (i % 100 == 0) tasks.back() = client().submit(same, tasks.back().result());
      }
      for (const auto& ended : client().as_completed(tasks)) sums[t] += ended.result();
      client().wait(tasks);
      client().run_on_all([] {});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::int64_t kTasks = 5'000 / kScale;
  for (std::size_t t = 0; t < sums.size(); ++t) CHECK(sums[t] == kTasks * (kTasks - 1) / 2 + kTasks * std::int64_t(t));
}

}  // namespace
}  // namespace cohort::test
