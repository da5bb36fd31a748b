// Large values that ranks of one node share: what is read is what was made, whoever writes, frees, or makes more.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <ios>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/shared_memory.hpp"
#include "interface/shared_client.hpp"

namespace cohort::test {
namespace {

using Numbers = std::vector<std::uint64_t>;
constexpr std::size_t kCount = 400'001;  // 3 MB, and no whole pages

Numbers count_from(std::uint64_t first) {
  Numbers numbers(kCount);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}
bool counts_from(const Numbers& numbers, std::uint64_t first) {
  if (numbers.size() != kCount) return false;
  for (const std::uint64_t number : numbers) {
    if (number != first++) return false;
  }
  return true;
}
/// Whether they lie in memory that two processes have.
bool are_shared(const Numbers& numbers) {
  std::ifstream maps("/proc/self/maps");
  const auto address = reinterpret_cast<std::uintptr_t>(numbers.data() + kCount / 2);
  for (std::string line; std::getline(maps, line);) {
    std::istringstream range(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    range >> std::hex >> begin >> dash >> end;
    if (begin <= address && address < end) return line.find("memfd:cohort") != std::string::npos;
  }
  return false;
}
TaskOptions on(int rank) { return {.rank = rank}; }

/// From here on the first worker has been asked for numbers, and the second one, too.
TwoRanks ask_for_some() {
  const TwoRanks ranks = two_ranks();
  for (const auto& [from, to] : {std::pair(ranks.first, ranks.second), std::pair(ranks.second, ranks.first)}) {
    CHECK(client().submit(on(to), counts_from, client().submit(on(from), count_from, 0), 0).result());
  }
  return ranks;
}

TEST_CASE("what was fetched before is shared the next time") {
  const auto [first, second] = ask_for_some();
  const auto numbers = client().submit(on(first), count_from, 5);
  CHECK(client().submit(on(second), counts_from, numbers, 5).result());
  if (first == second || !base::owns_operator_new()) return;
  CHECK(client().submit(on(first), are_shared, numbers).result());
  CHECK(client().submit(on(second), are_shared, numbers).result());
}

TEST_CASE("values go both ways again and again, in memory that is used again") {
  const auto [first, second] = ask_for_some();
  std::vector<Future<Numbers>> kept;
  std::vector<Future<bool>> right;
  for (std::uint64_t round = 0; round < 30; ++round) {
    for (const auto& [from, to] : {std::pair(first, second), std::pair(second, first)}) {
      const std::uint64_t start = 1'000 * round + static_cast<std::uint64_t>(from);
      const auto numbers = client().submit(on(from), count_from, start);
      right.push_back(client().submit(on(to), counts_from, numbers, start));
      right.push_back(client().submit(on(from), counts_from, numbers, start));
      if (round % 7 == 0) kept.push_back(numbers);
    }
    if (round % 5 == 0) CHECK(right.back().result());
  }
  for (const bool each : client().gather(right)) CHECK(each);
  for (const Future<Numbers>& numbers : kept) {
    for (const int rank : {first, second}) {
      const auto start = client()
                             .submit(
                                 on(rank), [](const Numbers& n) { return n.front(); }, numbers)
                             .result();
      CHECK(client().submit(on(rank), counts_from, numbers, start).result());
    }
  }
}

TEST_CASE("who is given the object of a shared value may write to it, and nobody else sees that") {
  const auto [first, second] = ask_for_some();
  const auto change = [](Numbers numbers) {
    for (std::uint64_t& number : numbers) number += 7;
    return numbers;
  };
  for (const int changer : {first, second}) {
    auto numbers = client().submit(on(first), count_from, 5);
    CHECK(client().submit(on(second), counts_from, numbers, 5).result());
    Gate gate;
    // Keeps the other's copy in use while this one is written to.
    const auto looks = [](const Numbers& seen, const std::string& path) {
      return pass_gate(path) + counts_from(seen, 5);
    };
    std::optional<Future<int>> looking;
    if (first != second && client().slot_count() >= 2) {
      looking = client().submit(on(changer == first ? second : first), looks, numbers, gate.path());
    }
    const auto changed = client().submit(on(changer), change, numbers);
    numbers = {};
    CHECK(client().submit(on(changer), counts_from, changed, 12).result());
    gate.open();
    if (looking) CHECK(looking->result() == 2);
    CHECK(client().submit(on(first), counts_from, changed, 12).result());
    CHECK(client().submit(on(second), counts_from, changed, 12).result());
  }
}

TEST_CASE("a value that was brought here stays what it is, whatever is made next") {
  const auto [first, second] = ask_for_some();
  std::vector<Numbers> here;
  for (std::uint64_t round = 0; round < 10; ++round) {
    here.push_back(client().submit(on(round % 2 == 0 ? first : second), count_from, round).result());
    if (round % 3 == 0) here.back().front() = round;
  }
  for (std::uint64_t round = 0; round < 10; ++round) CHECK(counts_from(here[round], round));
}

TEST_CASE("what is in a shared value's object is its own: classes, strings, several vectors") {
  using Parts = std::pair<std::string, std::vector<std::vector<double>>>;
  const auto make = [](int seed) {
    Parts parts(std::string(2'000'000, static_cast<char>('a' + seed)), {});
    for (int i = 0; i < 4; ++i) parts.second.emplace_back(i == 2 ? 10 : 300'000, seed + i);
    return parts;
  };
  const auto same = [](const Parts& a, const Parts& b) { return a == b; };
  const auto [first, second] = two_ranks();
  for (int seed = 0; seed < 4; ++seed) {
    const auto parts = client().submit(on(first), make, seed);
    CHECK(client().submit(on(second), same, parts, make(seed)).result());
    CHECK(parts.result() == make(seed));
  }
}

TEST_CASE("a task that forks leaves shared values as they are") {
  const auto [first, second] = ask_for_some();
  const auto fork_and_write = [](const Numbers& numbers) {
    const pid_t child = fork();
    if (child == 0) {
      for (std::size_t i = 0; i < numbers.size(); ++i) const_cast<std::uint64_t&>(numbers[i]) = 0;
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    return counts_from(numbers, 3);
  };
  const auto numbers = client().submit(on(first), count_from, 3);
  CHECK(client().submit(on(second), counts_from, numbers, 3).result());
  for (const int rank : {first, second}) {
    CHECK(client().submit(on(rank), fork_and_write, numbers).result());
    for (const int other : {first, second}) CHECK(client().submit(on(other), counts_from, numbers, 3).result());
  }
}

}  // namespace
}  // namespace cohort::test
