// Sorting and grouping numbers that lie on the workers, beside std::sort and a std::unordered_map on one thread; every
// element is checked, and what passes through rank 0 is counted.
//
//   mpirun -n 3 shuffle_bench [millions to sort] [millions to group]
#include <algorithm>
#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ranges>
#include <unordered_map>
#include <utility>
#include <vector>

#include "measure.hpp"

namespace {

constexpr std::int64_t kGroups = 100'000;

/// The finalizer of SplitMix64: as good as random.
std::int64_t number(std::int64_t i) {
  auto x = static_cast<std::uint64_t>(i) + 0x9e3779b97f4a7c15ULL;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return static_cast<std::int64_t>(x ^ x >> 31);
}
std::int64_t key_of(std::int64_t x) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) % kGroups); }

std::vector<std::int64_t> numbers_here(std::int64_t count) {
  std::vector<std::int64_t> all;
  all.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) all.push_back(number(i));
  return all;
}

/// Made on the workers, and waited for.
cohort::Collection<std::int64_t> numbers_there(cohort::Client& client, std::int64_t count) {
  const auto all = client.map(number, std::views::iota(std::int64_t{0}, count));
  client.wait(all.chunks());
  return all;
}

void print(const char* what, std::int64_t count, double here, double there, const cohort::Traffic& before,
           const cohort::Traffic& after) {
  std::printf(
      "%s of %lld: %.2f s on one thread, %.2f s on the workers: ratio %.2f; rank 0 received %.2f MB of %.0f MB\n", what,
      static_cast<long long>(count), here, there, there / here,
      static_cast<double>(after.bytes_received - before.bytes_received) / 1e6,
      static_cast<double>(count) * sizeof(std::int64_t) / 1e6);
  std::fflush(stdout);
}

void sort_numbers(cohort::Client& client, std::int64_t count) {
  const auto all = numbers_there(client, count);
  const cohort::Traffic before = client.traffic();
  auto start = std::chrono::steady_clock::now();
  const auto sorted = all.sort();
  client.wait(sorted.chunks());
  const double there = seconds_since(start);
  const cohort::Traffic after = client.traffic();
  std::vector<std::int64_t> expected = numbers_here(count);
  start = std::chrono::steady_clock::now();
  std::sort(expected.begin(), expected.end());
  const double here = seconds_since(start);
  std::size_t at = 0;
  for (const std::int64_t x : sorted) {
    if (at == expected.size() || x != expected[at++]) std::abort();
  }
  if (at != expected.size()) std::abort();
  print("sort", count, here, there, before, after);
}

void group_numbers(cohort::Client& client, std::int64_t count) {
  const auto all = numbers_there(client, count);
  const cohort::Traffic before = client.traffic();
  auto start = std::chrono::steady_clock::now();
  const auto groups = all.group_by(key_of);
  client.wait(groups.chunks());
  const double there = seconds_since(start);
  const cohort::Traffic after = client.traffic();
  const std::vector<std::int64_t> numbers = numbers_here(count);
  start = std::chrono::steady_clock::now();
  std::unordered_map<std::int64_t, std::vector<std::int64_t>> expected;
  for (const std::int64_t x : numbers) expected[key_of(x)].push_back(x);
  const double here = seconds_since(start);
  std::size_t groups_seen = 0;
  for (const auto& [key, members] : groups) {
    if (expected.at(key) != members) std::abort();
    ++groups_seen;
  }
  if (groups_seen != expected.size()) std::abort();
  print("group_by", count, here, there, before, after);
}

}  // namespace

int main(int argc, char** argv) {
  return cohort::run(argc, argv, [&](cohort::Client& client) {
    const auto millions = [&](int i, std::int64_t otherwise) {
      return (argc > i ? std::strtoll(argv[i], nullptr, 10) : otherwise) * 1'000'000;
    };
    sort_numbers(client, millions(1, 100));
    group_numbers(client, millions(2, 10));
  });
}
