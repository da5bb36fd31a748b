// Collections: how they are cut, what can be done with them, and what of them comes home.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "interface/shared_client.hpp"
#include "interface/tracked.hpp"

namespace cohort::test {
namespace {

// Functions (`+[]` makes one) where it does not matter: each lambda would be a type of its own, and its collections
// compiled for it alone.
int itself(int x) { return x; }
int twice(int x) { return 2 * x; }

std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<int> twice_of(const std::vector<int>& all) {
  std::vector<int> twice_all;
  for (const int x : all) twice_all.push_back(2 * x);
  return twice_all;
}

struct Scale {
  std::vector<int> by{3};
  int operator()(int x) const { return by[0] * x; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& by;
  }
};

TEST_CASE("a map gives its results in the order of the range, however it is cut") {
  for (const int count : {0, 1, 2, 3, 5, 17, 1000}) {
    const std::vector<int> all = numbers(count);
    const auto n = static_cast<std::size_t>(count);
    for (const std::size_t items : {std::size_t{0}, std::size_t{1}, n - 1, n, n + 1, 3 * n}) {
      if (items > 4 * n + 1) continue;  // n - 1 of 0
      CAPTURE(count);
      CAPTURE(items);
      const Collection<int> mapped = client().map(twice, all, {items});
      CHECK(mapped.gather() == twice_of(all));
      CHECK(mapped.size() == n);
      const std::vector<std::size_t> sizes = mapped.chunk_sizes();
      CHECK(sizes.size() == mapped.chunk_count());
      CHECK(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}) == n);
      if (items == 0) continue;
      CHECK(sizes.size() == (n + items - 1) / items);
      for (std::size_t i = 0; i + 1 < sizes.size(); ++i) CHECK(sizes[i] == items);
    }
  }
}

TEST_CASE("any range can be mapped") {
  const std::vector<int> expected{0, 2, 4, 6, 8};
  std::vector<int> lvalue{0, 1, 2, 3, 4};
  CHECK(client().map(twice, lvalue).gather() == expected);
  CHECK(client().map(twice, std::as_const(lvalue)).gather() == expected);
  CHECK(client().map(twice, std::vector<int>(lvalue)).gather() == expected);
  CHECK(client().map(twice, std::list<int>{0, 1, 2, 3, 4}).gather() == expected);
  CHECK(client().map(twice, std::views::iota(0, 5)).gather() == expected);
  const auto view = std::views::iota(0, 5);
  CHECK(client().map(twice, view).gather() == expected);
  CHECK(client().map(twice, std::views::iota(0) | std::views::take(5)).gather() == expected);
  CHECK(client().map(itself, std::views::iota(0, 5) | std::views::transform(twice)).gather() == expected);
  int by = 2;
  CHECK(client().map(itself, std::views::iota(0, 5) | std::views::transform([by](int x) { return by * x; })).gather() ==
        expected);
  CHECK(client().map(twice, std::views::iota(0, 9) | std::views::filter([](int x) { return x < 5; })).gather() ==
        expected);
  CHECK(client().map(twice, lvalue | std::views::filter([](int) { return true; })).gather() == expected);
  const std::map<std::string, int> pairs{{"a", 1}, {"b", 2}};
  CHECK(client().map([](const std::pair<const std::string, int>& p) { return p.first; }, pairs).gather() ==
        std::vector<std::string>{"a", "b"});
}

TEST_CASE("functions, members and function objects can be mapped") {
  CHECK(client().map(Scale(), std::views::iota(0, 3)).gather() == std::vector<int>{0, 3, 6});
  CHECK(client().map(&std::string::size, std::vector<std::string>{"a", "bcd"}).gather() ==
        std::vector<std::size_t>{1, 3});
}

TEST_CASE("steps can be put one after the other") {
  const auto all = client()
                       .map(twice, std::views::iota(0, 1000), {100})
                       .filter(+[](int x) { return x % 3 == 0; })
                       .flat_map([](int x) {
                         return std::vector<int>{x, -x};
                       })
                       .map([](int x) { return std::to_string(x); })
                       .gather();
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    if (2 * i % 3 != 0) continue;
    expected.push_back(std::to_string(2 * i));
    expected.push_back(std::to_string(-2 * i));
  }
  CHECK(all == expected);
}

TEST_CASE("steps that are added at once run in one pass" * doctest::test_suite("threads")) {
  // Seen from the second step: the first has just had the same element, and not gone on to the end of the chunk.
  static thread_local int last = -1;
  const auto note = [](int x) {
    last = x;
    return x;
  };
  Gate gate;
  const auto held = gate.fill_slots();  // so that chunk 99 is not cut before the second step is there
  const auto together = client().map(note, std::views::iota(0, 10'000), {100}).map([](int x) { return last == x; });
  gate.open();
  CHECK(together.chunk(99).result() == std::vector<bool>(100, true));
}

TEST_CASE("a collection that is kept can be used again and again") {
  const Collection<int> all = client().map(twice, std::views::iota(0, 1000), {64});
  CHECK(all.map(twice).reduce(std::plus()).result() == 2 * 999'000);
  CHECK(all.filter(+[](int x) { return x < 10; }).gather() == std::vector<int>{0, 2, 4, 6, 8});
  CHECK(all.reduce([](int a, int b) { return std::max(a, b); }).result() == 1998);
  CHECK(all.chunk_count() == 16);
  CHECK(client().map(twice, all).size() == 1000);
  Collection<int> changing = all;
  for (int i = 0; i < 3; ++i) changing = changing.map(+[](int x) { return x + 1; });
  auto deduced = client().map(twice, std::views::iota(0, 10));
  for (int i = 0; i < 3; ++i) deduced = std::move(deduced).map(twice);
  CHECK(deduced.gather().back() == 144);
  CHECK(changing.gather().front() == 3);
  CHECK(all.gather().back() == 1998);
}

TEST_CASE("reduce keeps the order, and gives the same bits wherever it runs") {
  const auto letters =
      client().map([](int i) { return std::string(1, char('a' + i % 26)); }, std::views::iota(0, 500), {7});
  std::string expected;
  for (int i = 0; i < 500; ++i) expected += char('a' + i % 26);
  CHECK(letters.reduce(std::plus()).result() == expected);

  const auto sum_of = [](Client& where) {
    return where.map([](int i) { return 1.0 / (1 + i); }, std::views::iota(0, 100'000), {999})
        .reduce(std::plus())
        .result();
  };
  Client alone = local({.threads = 1});
  CHECK(sum_of(client()) == sum_of(alone));
}

TEST_CASE("reduce with a value to start from makes something of another type") {
  const auto numbers = client().map(twice, std::views::iota(0, 100), {9});
  const auto sum = numbers.reduce(
      0.5, [](double total, int x) { return total + x; }, [](double a, double b) { return a + b - 0.5; });
  CHECK(sum.result() == 9900.5);
  const auto in_place = numbers.reduce(
      std::vector<int>(), [](std::vector<int>& all, int x) { all.push_back(x); },
      [](std::vector<int> a, const std::vector<int>& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
      });
  CHECK(in_place.result() == numbers.gather());
}

TEST_CASE("of no elements") {
  const auto none = client().map(twice, std::vector<int>());
  CHECK(none.gather().empty());
  CHECK(none.size() == 0);
  CHECK(none.empty());
  CHECK(none.chunk_count() == 0);
  CHECK(none.map(twice).gather().empty());
  CHECK(none.begin() == none.end());
  CHECK_THROWS_AS(none.reduce(std::plus()).result(), UsageError);
  CHECK(none.reduce(7, std::plus(), std::plus()).result() == 7);
  const auto all_gone = client().map(twice, std::views::iota(0, 100), {10}).filter(+[](int) { return false; });
  CHECK(all_gone.size() == 0);
  CHECK(all_gone.chunk_count() == 10);
  CHECK(all_gone.gather().empty());
  CHECK(all_gone.begin() == all_gone.end());
  CHECK_THROWS_AS(all_gone.reduce(std::plus()).result(), UsageError);
}

TEST_CASE("the size of what was filtered is asked of the workers, and nothing else") {
  const auto kept =
      client().map(twice, std::views::iota(0, 1'000'000), {100'000}).filter(+[](int x) { return x % 4 == 0; });
  client().wait(kept.chunks());
  const std::uint64_t before = client().traffic().bytes_received;
  CHECK(kept.size() == 500'000);
  CHECK(kept.chunk_sizes() == std::vector<std::size_t>(10, 50'000));
  CHECK(client().traffic().bytes_received - before < 10'000);
}

TEST_CASE("bools lie in a row, and come home as a vector of bool") {
  const auto even = client().map([](int x) { return x % 2 == 0; }, std::views::iota(0, 1000), {333});
  std::vector<bool> expected;
  for (int i = 0; i < 1000; ++i) expected.push_back(i % 2 == 0);
  CHECK(even.gather() == expected);
  CHECK(even.chunk(0).result() == std::vector<bool>(expected.begin(), expected.begin() + 333));
  CHECK(even.map_chunks(
                [](std::span<const bool> all) { return std::vector<long>{std::count(all.begin(), all.end(), true)}; })
            .reduce(std::plus())
            .result() == 500);
  CHECK(client().scatter(expected).filter([](bool b) { return b; }).size() == 500);
  CHECK(even.reduce([](bool a, bool b) { return a != b; }).result() == false);
}

TEST_CASE("map_chunks is given each chunk as a whole") {
  const auto sizes = client().map(twice, std::views::iota(0, 10), {4}).map_chunks([](std::span<const int> all) {
    return std::vector<int>{int(all.size()), all.front()};
  });
  CHECK(sizes.gather() == std::vector<int>{4, 0, 4, 8, 2, 16});
}

TEST_CASE("what is scattered lies on the workers, and an lvalue is read at once") {
  std::vector<int> all = numbers(100'000);
  const auto scattered = client().scatter(all);
  std::fill(all.begin(), all.end(), -1);
  CHECK(scattered.gather() == numbers(100'000));
  CHECK(client().scatter(numbers(10), {3}).chunk_sizes() == std::vector<std::size_t>{3, 3, 3, 1});
  const std::vector<std::string> words{"a word", "another word", "a word that is too long to lie in its string"};
  CHECK(client().scatter(words).gather() == words);
  CHECK(client().scatter(std::views::iota(0, 10)).map(twice).reduce(std::plus()).result() == 90);
  CHECK(client()
            .scatter(std::vector<std::string>(100, std::string(1000, 'x')), {7})
            .reduce(std::plus())
            .result()
            .size() == 100'000);
}

TEST_CASE("a collection that is mapped or scattered never comes home") {
  Collection<std::vector<double>> large =
      client().map([](int) { return std::vector<double>(100'000, 1.5); }, std::views::iota(0, 20), {5});
  client().wait(large.chunks());
  const auto size = [](const std::vector<double>& v) { return v.size(); };
  const std::uint64_t before = client().traffic().bytes_received;
  const Collection<std::vector<double>>& constant = large;
  CHECK(client().map(size, large).reduce(std::plus()).result() == 2'000'000);
  CHECK(client().map(size, constant).reduce(std::plus()).result() == 2'000'000);
  CHECK(client().scatter(constant).map(size).reduce(std::plus()).result() == 2'000'000);
  CHECK(client().scatter(large).map(size).reduce(std::plus()).result() == 2'000'000);
  CHECK(client().map(size, std::move(large)).reduce(std::plus()).result() == 2'000'000);
  CHECK(client().traffic().bytes_received - before < 100'000);
}

TEST_CASE("the elements can be gone through, in order, and not to the end") {
  const auto all = client().map(twice, std::views::iota(0, 1000), {10});
  std::vector<int> seen;
  for (const int x : all) seen.push_back(x);
  CHECK(seen == twice_of(numbers(1000)));
  int count = 0;
  for (const int x : all) {
    CHECK(x == 2 * count);
    if (++count == 25) break;
  }
}

TEST_CASE("chunks come in the order they end") {
  std::vector<int> all;
  for (const auto& chunk : client().as_completed(client().map(twice, std::views::iota(0, 100), {7}))) {
    for (const int x : chunk.result()) all.push_back(x);
  }
  std::sort(all.begin(), all.end());
  CHECK(all == twice_of(numbers(100)));
}

TEST_CASE("an exception tells the element, and the other chunks are kept") {
  const auto odd_one_out = client().map(
      +[](int x) {
        if (x == 37) throw std::out_of_range("thirty-seven");
        return x;
      },
      std::views::iota(0, 100), {10});
  const auto filtered = odd_one_out.filter(+[](int) { return true; });
  for (const auto& failed : {Collection<int>(odd_one_out), Collection<int>(filtered)}) {
    try {
      failed.gather();
      FAIL("it throws");
    } catch (const TaskError& error) {
      CHECK(error.element == 37);
      CHECK(error.message == "thirty-seven");
    }
    CHECK_THROWS_AS(failed.chunk(3).result(), std::out_of_range);
    CHECK(failed.chunk(4).result().front() == 40);
    CHECK_THROWS_AS(failed.reduce(std::plus()).result(), std::out_of_range);
  }
  std::vector<int> before;
  try {
    for (const int x : odd_one_out) before.push_back(x);
    FAIL("it throws");
  } catch (const std::out_of_range&) {
    CHECK(before == numbers(30));
  }
}

TEST_CASE("the element's number is the one in the range, through steps that drop some") {
  for (const bool at_once : {true, false}) {
    for (const int bad : {12, 90}) {
      auto mapped = client().map(twice, std::views::iota(0, 100), {25});
      if (!at_once) client().wait(mapped.chunks());
      const auto failing = [bad](int x) {
        if (x == 2 * bad) throw std::runtime_error("no");
        return x;
      };
      CAPTURE(at_once);
      CAPTURE(bad);
      try {
        std::move(mapped).filter(+[](int x) { return x % 3 == 0; }).map(failing).gather();
        FAIL("it throws");
      } catch (const TaskError& error) {
        CHECK(error.message == "no");
        // Not known for chunks that were under way before the steps were added, and never another.
        CHECK(error.element.value_or(static_cast<std::size_t>(bad)) == static_cast<std::size_t>(bad));
        if (!at_once) CHECK_FALSE(error.element);
      }
    }
  }
}

TEST_CASE("a collection that is dropped is computed all the same" * doctest::test_suite("threads")) {
  Mark mark;
  client().map(
      [](const std::string& path) {
        set_mark(path);
        return 0;
      },
      std::vector<std::string>{mark.path()});
  CHECK(eventually([&] { return mark.is_set(); }));
}

TEST_CASE("the last user of a chunk is given its elements to move from") {
  const auto make = [](int) { return Tracked(1'000); };
  const auto copies_of = [](Tracked value) { return value.copies(); };
  Collection<Tracked> made = client().map(make, std::views::iota(0, 10), {5});
  client().wait(made.chunks());
  CHECK(std::move(made).map(copies_of).gather() == std::vector<int>(10, 0));

  const Collection<Tracked> kept = client().map(make, std::views::iota(0, 10), {5});
  client().wait(kept.chunks());
  for (const int copies : kept.map(copies_of).gather()) CHECK(copies <= 1);
  CHECK(kept.map([](const Tracked& value) { return value.size(); }).sum().result() == 10'000);
}

/// What a Source has been through.
struct Read {
  std::atomic<int> count = 0;
  std::thread::id thread = std::this_thread::get_id();
  std::atomic<bool> by_other_thread = false;
  int throws_at = -1;
};

/// Gives `value` so many times, and can be gone through once.
class Source {
 public:
  Source(std::shared_ptr<Read> read, int count, std::string value)
      : read_(std::move(read)), left_(count), value_(std::move(value)) {}
  Source(Source&&) = default;
  Source& operator=(Source&&) = default;

  struct iterator {
    using iterator_concept = std::input_iterator_tag;
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;
    Source* source = nullptr;

    const std::string& operator*() const {
      Read& read = *source->read_;
      if (read.count == read.throws_at) throw std::domain_error("cannot be read");
      if (std::this_thread::get_id() != read.thread) read.by_other_thread = true;
      return source->value_;
    }
    iterator& operator++() {
      ++source->read_->count;
      --source->left_;
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return source->left_ == 0; }
  };
  iterator begin() { return {this}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::shared_ptr<Read> read_;
  int left_;
  std::string value_;
};

TEST_CASE("a source that can be read once is read by the program's own thread, as fast as it is worked on") {
  const auto read = std::make_shared<Read>();
  Gate gate;
  const auto passed = client().map(pass_gate, Source(read, 2'000, gate.path()), {10});
  const auto sum = passed.reduce(std::plus());
  CHECK_THROWS_AS(sum.result(std::chrono::milliseconds(50)), TimedOut);
  CHECK(read->count > 0);
  CHECK(read->count <= 10 * (2 * client().slot_count() + 2));
  gate.open();
  CHECK(sum.result() == 2'000);
  CHECK(read->count == 2'000);
  CHECK_FALSE(read->by_other_thread);
  CHECK(passed.chunk_sizes() == std::vector<std::size_t>(200, 10));
}

TEST_CASE("a source that throws gives the elements before, and its exception") {
  const auto read = std::make_shared<Read>();
  read->throws_at = 25;
  const auto sizes = client().map(&std::string::size, Source(read, 100, "abc"), {10});
  CHECK_THROWS_WITH_AS(sizes.gather(), "cannot be read", std::domain_error);
  CHECK(sizes.chunk(1).result() == std::vector<std::size_t>(10, 3));
}

TEST_CASE("how a collection was cut can be read afterwards") {
  const auto asked = client().map(twice, std::views::iota(0, 100), {30});
  asked.gather();
  CHECK(asked.chunking().chunks == 4);
  CHECK(asked.chunking().most_items == 30);
  CHECK(asked.chunking().complete);
  CHECK(asked.chunking().why == "as the program asked for");
  const auto by_itself = client().map(twice, std::views::iota(0, 1'000'000));
  by_itself.gather();
  CHECK(by_itself.chunking().chunks > 1);
  CHECK(by_itself.chunking().most_items > 16);
  CHECK(by_itself.map(twice).chunking().why.substr(0, 33) == "as the collection it was made of:");
}

TEST_CASE("wrong uses are told at the call") {
  const auto all = client().map(twice, std::views::iota(0, 10), {5});
  CHECK_THROWS_AS(all.chunk(2), UsageError);
  CHECK_THROWS_AS(Collection<int>().size(), UsageError);
  Collection<int> given = all;
  const Collection<int> taken = std::move(given);
  CHECK_THROWS_AS(given.gather(), UsageError);  // NOLINT: that is the point
  int local_variable = 1;
  CHECK_THROWS_AS(client().map([&](int x) { return x + local_variable; }, std::vector<int>{1}), UsageError);
  CHECK_THROWS_AS(all.filter([&](int x) { return x == local_variable; }), UsageError);
  const auto range = std::views::iota(0, 10) | std::views::transform([&](int x) { return x + local_variable; });
  CHECK_THROWS_AS(client().scatter(range), UsageError);
}

}  // namespace
}  // namespace cohort::test
