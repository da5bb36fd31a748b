// What can be done with all elements of a collection: aggregates, sorting, grouping, files, pairs.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "interface/shared_client.hpp"

namespace cohort::test {
namespace {

std::vector<long> shuffled(std::size_t count, long different) {
  std::mt19937 random(7);
  std::vector<long> all(count);
  for (long& x : all) x = static_cast<long>(random() % static_cast<unsigned long>(different));
  return all;
}

// Functions, not lambdas: each lambda would be a type of its own, and its collections compiled for it alone.
int int_itself(int x) { return x; }
long long_itself(long x) { return x; }
bool is_odd(long x) { return x % 2 == 1; }
long last_digit(long x) { return x % 10; }
int sum_of(const std::pair<int, int>& p) { return p.first + p.second; }
int difference_of(const std::pair<int, int>& p) { return p.second - p.first; }

/// A folder of this process's own, that all ranks on this machine see.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  Mark mark_;
  std::filesystem::path path_ = mark_.path() + ".folder";
};

TEST_CASE("count, sum, min, max and top of all elements") {
  const std::vector<long> all = shuffled(10'000, 1'000'000);
  const auto collection = client().scatter(all, {999});
  CHECK(collection.count().result() == 10'000);
  CHECK(collection.sum().result() == std::accumulate(all.begin(), all.end(), 0L));
  CHECK(collection.min().result() == *std::min_element(all.begin(), all.end()));
  CHECK(collection.max().result() == *std::max_element(all.begin(), all.end()));
  std::vector<long> sorted = all;
  std::sort(sorted.begin(), sorted.end());
  CHECK(collection.top(5, std::less<>()).result() == std::vector<long>(sorted.begin(), sorted.begin() + 5));
  std::reverse(sorted.begin(), sorted.end());
  CHECK(collection.top(5).result() == std::vector<long>(sorted.begin(), sorted.begin() + 5));
  CHECK(collection.top(0).result().empty());
  CHECK(collection.top(20'000).result() == sorted);
  CHECK(client().map(long_itself, std::views::iota(0L, 100L)).filter(is_odd).count().result() == 50);
}

TEST_CASE("aggregates of no elements") {
  const auto none = client().scatter(std::vector<long>());
  CHECK(none.count().result() == 0);
  CHECK(none.sum().result() == 0);
  CHECK_THROWS_AS(none.min().result(), UsageError);
  CHECK(none.top(3).result().empty());
  CHECK(none.sort().gather().empty());
  CHECK(none.group_by(last_digit).gather().empty());
  CHECK(none.repartition(3).gather().empty());
  CHECK(none.take(3).empty());
}

TEST_CASE("sort puts all in order, as the standard library does") {
  for (const std::size_t count : {1u, 2u, 10u, 1'000u, 100'000u}) {
    const std::vector<long> all = shuffled(count, count > 1'000 ? 1'000'000'000 : 10);
    std::vector<long> expected = all;
    std::sort(expected.begin(), expected.end());
    CAPTURE(count);
    const auto sorted = client().scatter(all, {count / 7 + 1}).sort();
    CHECK(sorted.gather() == expected);
    CHECK(sorted.size() == count);
    std::reverse(expected.begin(), expected.end());
    CHECK(client().scatter(all).sort(std::greater<>()).gather() == expected);
  }
}

TEST_CASE("sort is stable, and leaves the collection as it was") {
  const std::vector<long> keys = shuffled(5'000, 20);
  std::vector<std::pair<long, int>> all;
  for (const long key : keys) all.emplace_back(key, int(all.size()));
  const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
  const auto collection = client().scatter(all, {300});
  std::vector<std::pair<long, int>> expected = all;
  std::stable_sort(expected.begin(), expected.end(), by_key);
  CHECK(collection.sort(by_key).gather() == expected);
  CHECK(collection.gather() == all);
  const std::vector<std::string> words{"pear", "apple", "fig", "apple", "quince"};
  CHECK(client().scatter(words, {2}).sort().gather() ==
        std::vector<std::string>{"apple", "apple", "fig", "pear", "quince"});
  CHECK(client().scatter(std::vector<bool>{true, false, true, false}, {1}).sort().gather() ==
        std::vector<bool>{false, false, true, true});
}

TEST_CASE("what is sorted or grouped does not pass through rank 0") {
  const auto all = client().map(+[](long i) { return i * 7919 % 1'000'003; }, std::views::iota(0L, 200'000L), {20'000});
  client().wait(all.chunks());
  const Traffic before = client().traffic();
  const auto sorted = all.sort();
  client().wait(sorted.chunks());
  const auto grouped = all.group_by(last_digit);
  client().wait(grouped.chunks());
  const Traffic after = client().traffic();
  CHECK(after.bytes_received - before.bytes_received < 400'000);
  CHECK(after.bytes_sent - before.bytes_sent < 400'000);
  CHECK(sorted.take(2)[0] <= sorted.take(2)[1]);
}

TEST_CASE("group_by puts what has the same key together, in order") {
  const auto groups = client().scatter(shuffled(10'000, 1'000), {777}).group_by(last_digit).gather();
  std::map<long, std::vector<long>> expected;
  for (const long x : shuffled(10'000, 1'000)) expected[x % 10].push_back(x);
  CHECK(std::map<long, std::vector<long>>(groups.begin(), groups.end()) == expected);
  CHECK(groups.size() == expected.size());
  const std::vector<std::string> words{"one", "two", "three", "four"};
  const auto counts = client().scatter(words, {1}).group_by(&std::string::size).map([](const auto& group) {
    return static_cast<long>(10 * group.first + group.second.size());
  });
  CHECK(counts.sort().gather() == std::vector<long>{32, 41, 51});
}

TEST_CASE("repartition changes the chunks, not the elements") {
  const std::vector<long> all = shuffled(1'000, 50);
  const auto odd = client().scatter(all, {64}).filter(is_odd);
  const std::vector<long> expected = odd.gather();
  for (const std::size_t items : {1u, 7u, 100u, 2'000u}) {
    const auto even_chunks = odd.repartition(items);
    CHECK(even_chunks.gather() == expected);
    CHECK(even_chunks.chunk_count() == (expected.size() + items - 1) / items);
    CHECK(even_chunks.chunk_sizes().front() == std::min(items, expected.size()));
  }
  CHECK_THROWS_AS(odd.repartition(0), UsageError);
}

TEST_CASE("take brings the first elements, and only those") {
  const auto all = client().map(long_itself, std::views::iota(0L, 1'000'000L), {100'000});
  client().wait(all.chunks());
  const std::uint64_t before = client().traffic().bytes_received;
  CHECK(all.take(3) == std::vector<long>{0, 1, 2});
  CHECK(client().traffic().bytes_received - before < 1'000);
  CHECK(all.filter(+[](long x) { return x >= 150'000; }).take(2) == std::vector<long>{150'000, 150'001});
  CHECK(all.take(2'000'000).size() == 1'000'000);
}

TEST_CASE("two collections can be gone through side by side") {
  const auto numbers = client().map(int_itself, std::views::iota(0, 100), {9});
  const auto squares = numbers.map(+[](int i) { return i * i; });
  const auto sums = numbers.zip(squares).map(sum_of);
  CHECK(sums.size() == 100);
  CHECK(sums.sum().result() == 4950 + 328'350);
  const auto other_chunks = client().map(int_itself, std::views::iota(0, 100), {10});
  CHECK_THROWS_AS(numbers.zip(other_chunks).gather(), UsageError);
  const auto fewer = client().map(int_itself, std::views::iota(0, 90), {9});
  CHECK_THROWS_AS(numbers.zip(fewer).gather(), UsageError);
}

TEST_CASE("two collections of which one is cut later than the other" * doctest::test_suite("threads")) {
  Gate gate;
  const std::vector<std::string> gates(200, gate.path());
  const auto early = [] { return client().map(int_itself, std::views::iota(0, 200), {1}); };
  const auto pairs = early().zip(client().map(pass_gate, gates, {1}));
  CHECK_THROWS_AS(pairs.count().result(std::chrono::milliseconds(50)), TimedOut);
  gate.open();
  CHECK(pairs.map(sum_of).sum().result() == 19'900 + 200);
}

TEST_CASE("two ranges can be mapped side by side") {
  const std::vector<std::string> names{"a", "b", "c"};
  const auto named =
      client().map([](const std::pair<std::string, int>& p) { return p.first + std::to_string(p.second); },
                   zip(names, std::views::iota(5)), {2});
  CHECK(named.gather() == std::vector<std::string>{"a5", "b6", "c7"});
  const auto computed = zip(std::views::iota(0, 1'000), std::views::iota(1'000, 2'000));
  CHECK(client().map(difference_of, computed).sum().result() == 1'000'000);
}

TEST_CASE("a collection is written, a file for each chunk, and read again") {
  const Folder folder;
  const auto all = client().map([](int i) { return 0.1 * i; }, std::views::iota(0, 100), {30});
  const auto files = all.write(folder.path() / "numbers");
  REQUIRE(files.size() == 4);
  CHECK(files[3].filename() == "chunk-000003.txt");
  const auto read = client().from_files(files).map([](const std::string& line) { return std::stod(line); });
  CHECK(read.chunk_sizes() == std::vector<std::size_t>{30, 30, 30, 10});
  CHECK(read.gather() == all.gather());
  const auto marked = all.write(folder.path() / "marked", [](double x) { return "x" + std::to_string(x); });
  CHECK(client().from_files({marked[0]}).take(1) == std::vector<std::string>{"x0.000000"});
  std::ofstream(folder.path() / "in_the_way") << "a file";
  CHECK_THROWS_AS(all.write(folder.path() / "in_the_way"), std::system_error);
}

TEST_CASE("the lines of a file are read by the program itself") {
  const Folder folder;
  const auto file = folder.path() / "lines.txt";
  std::ofstream(file) << "first\n\nthird\nlast without end";
  CHECK(client().map(&std::string::size, lines(file)).gather() == std::vector<std::size_t>{5, 0, 5, 16});
  CHECK_THROWS_AS(lines(folder.path() / "none"), std::system_error);
  CHECK_THROWS_AS(lines(folder.path()), std::system_error);
  CHECK_THROWS_AS(client().from_files({folder.path() / "none"}).gather(), std::system_error);
}

}  // namespace
}  // namespace cohort::test
