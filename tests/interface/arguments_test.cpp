// What can be an argument, and what the function is given for it.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "interface/shared_client.hpp"

namespace cohort::test {
namespace {

enum class Colour : std::uint8_t { red, green };
struct Point {
  double x, y;
  bool operator==(const Point&) const = default;
};
/// With a serialize of its own, around others.
struct Record {
  std::string name;
  std::map<int, std::vector<Point>> lines;
  std::optional<std::string> note;
  bool operator==(const Record&) const = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& name& lines& note;
  }
};

/// Through a worker and back, as a plain argument and as a value that two tasks hand on.
template <class T>
void check_travels(const T& value) {
  const auto [first, second] = two_ranks();
  const auto same = [](const T& x) { return x; };
  CHECK(client().submit(same, value).result() == value);
  const auto made = client().submit(TaskOptions{.rank = first}, same, value);
  CHECK(client().submit(TaskOptions{.rank = second}, same, made).result() == value);
}

// All that wire/archive_test.cpp knows, sampled: each type costs the compiler half a second here.
TEST_CASE("plain arguments of many kinds travel, and results of the same kinds") {
  check_travels(true);
  check_travels(-5);
  check_travels(std::numeric_limits<std::uint64_t>::max());
  check_travels(Colour::green);
  check_travels(Point{1, 2});
  check_travels(std::string());
  check_travels(std::string("with a \0 in it", 14));
  check_travels(std::vector<int>{1, 2, 3});
  check_travels(std::vector<bool>{true, false, true});
  check_travels(std::pair(1, std::string("one")));
  check_travels(std::tuple(1, 2.5, std::string("three")));
  check_travels(std::optional<std::string>("here"));
  check_travels(std::variant<int, std::string>("text"));
  check_travels(std::map<std::string, int>{{"a", 1}, {"b", 2}});
  check_travels(std::list<std::string>{"x", "y"});
  check_travels(std::chrono::system_clock::time_point(std::chrono::seconds(1'000'000'000)));
  check_travels(std::filesystem::path("/some/where"));
  check_travels(Record{"r", {{1, {{1, 2}, {3, 4}}}, {2, {}}}, "noted"});
  check_travels(std::vector<Record>(3, Record{"r", {}, std::nullopt}));
}

TEST_CASE("owning pointers travel with what they own") {
  CHECK(*client()
             .submit([](std::unique_ptr<std::string> text) { return text; }, std::make_unique<std::string>("own"))
             .result() == "own");
  CHECK(*client().submit([](const std::shared_ptr<int>& x) { return x; }, std::make_shared<int>(4)).result() == 4);
  CHECK(client().submit([](const std::unique_ptr<int>& x) { return x == nullptr; }, std::unique_ptr<int>()).result());
}

TEST_CASE("string literals and C strings arrive as std::string") {
  const auto length = [](const std::string& text) { return text.size(); };
  const char* pointer = "pointer";
  char buffer[16] = "buffer";
  CHECK(client().submit(length, "literal").result() == 7);
  CHECK(client().submit(length, pointer).result() == 7);
  CHECK(client().submit(length, buffer).result() == 6);
  CHECK(client().submit([](std::string&& text) { return text + "!"; }, "moved").result() == "moved!");
  const char* null = nullptr;
  CHECK_THROWS_AS(client().submit(length, null), UsageError);
}

TEST_CASE("a plain argument may be many megabytes") {
  std::vector<double> numbers(1'000'000);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  const auto sum = [](const std::vector<double>& xs) { return std::accumulate(xs.begin(), xs.end(), 0.0); };
  std::vector<Future<double>> sums;
  for (int i = 0; i < 5; ++i) sums.push_back(client().submit(sum, numbers));
  for (const double s : client().gather(sums)) CHECK(s == 499'999'500'000.0);
  const std::string text(3'000'000, 'x');
  CHECK(client().submit([](std::string t) { return t.size(); }, text).result() == 3'000'000);
}

TEST_CASE("arguments are read before submit returns") {
  std::vector<int> numbers{1, 2, 3};
  const auto sum = client().submit([](const std::vector<int>& xs) { return xs[0] + xs[1] + xs[2]; }, numbers);
  numbers.assign(3, 100);
  CHECK(sum.result() == 6);
}

TEST_CASE("plain arguments can be taken by value, by const reference and by rvalue") {
  CHECK(client()
            .submit([](std::string a, const std::string& b, std::string&& c) { return a + b + std::move(c); }, "1",
                    std::string("2"), "3")
            .result() == "123");
}

TEST_CASE("a future as an argument gives the function its value") {
  const auto nine = client().submit(square, 3);
  CHECK(client().submit(add, nine, 1).result() == 10);
  CHECK(client().submit(add, 1, client().submit(add, nine, nine)).result() == 19);
  CHECK(client().submit(add, nine, nine).result() == 18);
  CHECK(nine.result() == 9);
}

TEST_CASE("a vector of futures reads like a const std::vector&") {
  std::vector<Future<int>> squares;
  for (int i = 0; i < 100; ++i) squares.push_back(client().submit(square, i));
  const auto by_reference = [](const std::vector<int>& xs) { return std::accumulate(xs.begin(), xs.end(), 0); };
  const auto by_value = [](std::vector<int> xs) { return std::accumulate(xs.begin(), xs.end(), 0); };
  const auto by_auto = [](const auto& xs) { return std::accumulate(xs.begin(), xs.end(), 0); };
  const auto by_inputs = [](const Inputs<int>& xs) {
    return xs.front() + xs[1] + xs.at(2) + xs.back() + int(xs.size());
  };
  CHECK(client().submit(by_reference, squares).result() == 328'350);
  CHECK(client().submit(by_value, squares).result() == 328'350);
  CHECK(client().submit(by_auto, squares).result() == 328'350);
  CHECK(client().submit(by_inputs, squares).result() == 0 + 1 + 4 + 9801 + 100);
  const std::vector<Future<int>> backwards(squares.rbegin(), squares.rend());
  CHECK(client().submit([](const auto& xs) { return xs[0]; }, backwards).result() == 9801);
}

TEST_CASE("vectors of futures may be empty, hold one future several times, and stand beside other arguments") {
  const auto sum = [](int start, const std::vector<int>& xs, const std::string& text, const std::vector<int>& ys) {
    return std::accumulate(xs.begin(), xs.end(), start) * 100 + int(text.size()) * 10 + int(ys.size());
  };
  const auto four = client().submit(square, 2);
  const std::vector<Future<int>> repeated{four, four, four};
  const std::vector<Future<int>> none;
  CHECK(client().submit(sum, four, repeated, "abc", none).result() == 1630);
  CHECK(client().submit(sum, 0, repeated, "", repeated).result() == 1203);
}

TEST_CASE("vectors of futures hold values of any kind") {
  std::vector<Future<std::string>> texts;
  for (int i = 0; i < 3; ++i)
    texts.push_back(client().submit([](int n) { return std::string(5'000, char('a' + n)); }, i));
  const auto join = [](const std::vector<std::string>& parts) { return parts[0] + parts[1] + parts[2]; };
  CHECK(client().submit(join, texts).result() ==
        std::string(5'000, 'a') + std::string(5'000, 'b') + std::string(5'000, 'c'));
  std::vector<Future<std::unique_ptr<int>>> owned;
  for (int i = 0; i < 3; ++i) owned.push_back(client().submit([](int n) { return std::make_unique<int>(n); }, i));
  CHECK(client().submit([](const auto& xs) { return *xs[0] + *xs[1] + *xs[2]; }, owned).result() == 3);
  std::vector<Future<bool>> flags{client().submit([] { return true; }), client().submit([] { return false; })};
  CHECK(client().submit([](const std::vector<bool>& xs) { return xs[0] && !xs[1]; }, flags).result());
}

TEST_CASE("a Future<void> only orders: the function is given nothing for it") {
  const Mark mark;
  const auto marked = client().submit(set_mark, mark.path());
  CHECK(client()
            .submit([](const std::string& path) { return std::filesystem::exists(path); }, marked, mark.path())
            .result());
  const std::vector<Future<void>> several{marked, client().submit([] {}), marked};
  CHECK(client().submit(square, several, 3).result() == 9);
}

TEST_CASE("a Future<void> is known on another worker, whether it has ended or not") {
  const auto [first, second] = two_ranks();
  for (const bool ended : {true, false}) {
    const auto nothing = client().submit(TaskOptions{.rank = first}, [] {});
    if (ended) client().wait(std::vector{nothing});
    for (const int rank : {second, first}) {
      CHECK(client().submit(TaskOptions{.rank = rank}, square, nothing, 3).result() == 9);
      CHECK(client().submit(TaskOptions{.rank = rank}, square, std::vector{nothing}, 4).result() == 16);
    }
  }
}

}  // namespace
}  // namespace cohort::test
