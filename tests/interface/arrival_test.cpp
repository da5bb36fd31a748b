// How a value arrives at the function that needs it: read in place, moved, or copied.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "interface/shared_client.hpp"
#include "interface/tracked.hpp"

namespace cohort::test {
namespace {

constexpr std::size_t kItems = 10'000;

Seen see_by_value(Tracked value) { return see(value); }
Seen see_by_rvalue(Tracked&& value) { return see(value); }

/// Submits `f` on a value that is not there before the only future of it is gone.
template <class F>
Seen seen_by_last_user(F f, TaskOptions options = {}) {
  Gate gate;
  const auto opened = client().submit(TaskOptions{.rank = options.rank}, pass_gate, gate.path());
  auto made = client().submit(
      TaskOptions{.rank = options.rank}, [](int, std::size_t items) { return Tracked(items); }, opened, kItems);
  const auto seen = client().submit(options, f, made);
  made = {};
  wait_for_messages();
  gate.open();
  return seen.result();
}

TEST_CASE("a value that is only read is neither copied nor moved") {
  const int rank = worker_ranks().back();
  const auto made = client().submit(TaskOptions{.rank = rank}, make_tracked, kItems);
  for (int i = 0; i < 3; ++i) {
    const Seen seen = client().submit(TaskOptions{.rank = rank}, see, made).result();
    CHECK(seen.copies == 0);
    CHECK(seen.moves == 0);
    CHECK(seen.in_place);
  }
}

TEST_CASE("a value that others still use is copied for a function that takes it by value") {
  const int rank = worker_ranks().back();
  const auto made = client().submit(TaskOptions{.rank = rank}, make_tracked, kItems);
  const auto by_value = client().submit(TaskOptions{.rank = rank}, see_by_value, made);
  const auto by_rvalue = client().submit(TaskOptions{.rank = rank}, see_by_rvalue, made);
  CHECK(by_value.result().copies == 1);
  CHECK_FALSE(by_value.result().in_place);
  CHECK(by_rvalue.result().copies == 1);
  CHECK(client().submit(TaskOptions{.rank = rank}, see, made).result().in_place);
}

TEST_CASE("the last user of a value is given the object itself, to move from") {
  const int rank = worker_ranks().back();
  const Seen by_value = seen_by_last_user(see_by_value, {.rank = rank});
  CHECK(by_value.copies == 0);
  CHECK(by_value.moves == 1);
  CHECK(by_value.in_place);
  const Seen by_rvalue = seen_by_last_user(see_by_rvalue, {.rank = rank});
  CHECK(by_rvalue.copies == 0);
  CHECK(by_rvalue.moves == 0);
  CHECK(by_rvalue.in_place);
}

TEST_CASE("a future that is given away is let go of: its value is moved on") {
  const int rank = worker_ranks().back();
  const TaskOptions there{.rank = rank};
  for (const bool by_then : {false, true}) {
    auto made = client().submit(there, make_tracked, kItems);
    made.exception();
    const Seen seen =
        by_then ? std::move(made).then(see_by_value).result() : client().submit(see_by_value, std::move(made)).result();
    CHECK(seen.copies == 0);
    CHECK_THROWS_AS(made.status(), UsageError);
  }
  std::vector<Future<Tracked>> several{client().submit(there, make_tracked, kItems)};
  const auto first = client().submit([](std::vector<Tracked> all) { return see(all.front()); }, std::move(several));
  CHECK(first.result().copies == 0);
  CHECK(several.empty());
}

TEST_CASE("a future that is given away twice, or of which there is a copy, lives as long as there is one") {
  const auto sum = [](int a, int b) { return a + b; };
  auto one = client().submit([] { return 3; });
  CHECK(client().submit(sum, std::move(one), std::move(one)).result() == 6);  // NOLINT(bugprone-use-after-move)
  CHECK_THROWS_AS(one.status(), UsageError);
  auto other = client().submit([] { return 4; });
  auto copy = other;
  CHECK(client().submit(sum, std::move(other), 1).result() == 5);
  CHECK(copy.result() == 4);
  CHECK(client().submit(sum, std::move(copy), 2).result() == 6);
  CHECK_THROWS_AS(copy.status(), UsageError);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("a future that a call cannot be given stays with its owner") {
  auto mine = client().submit([] { return 5; });
  const auto same = [](int x) { return x; };
  CHECK_THROWS_AS(client().submit(TaskOptions{.rank = 1'000'000}, same, std::move(mine)), UsageError);
  CHECK(mine.result() == 5);  // NOLINT(bugprone-use-after-move): it was not
}

TEST_CASE("a retry that may come is another user") {
  const int rank = worker_ranks().back();
  CHECK(seen_by_last_user(see_by_value, {.retries = 1, .rank = rank}).copies == 1);
}

TEST_CASE("a value used twice by its last task is not moved from") {
  const int rank = worker_ranks().back();
  Gate gate;
  const auto opened = client().submit(TaskOptions{.rank = rank}, pass_gate, gate.path());
  auto made = client().submit(
      TaskOptions{.rank = rank}, [](int, std::size_t items) { return Tracked(items); }, opened, kItems);
  const auto sizes = client().submit(
      TaskOptions{.rank = rank}, [](Tracked a, Tracked b) { return a.size() + b.size(); }, made, made);
  made = {};
  wait_for_messages();
  gate.open();
  CHECK(sizes.result() == 2 * kItems);
}

TEST_CASE("a value handed from task to task is never copied") {
  const int rank = worker_ranks().back();
  Gate gate;
  const auto opened = client().submit(TaskOptions{.rank = rank}, pass_gate, gate.path());
  auto value = client().submit(
      TaskOptions{.rank = rank}, [](int, std::size_t items) { return Tracked(items); }, opened, kItems);
  for (int i = 0; i < 10; ++i) {
    value = client().submit(
        TaskOptions{.rank = rank}, [](Tracked x) { return x; }, value);
  }
  const auto seen = client().submit(TaskOptions{.rank = rank}, see, value);
  wait_for_messages();
  gate.open();
  CHECK(seen.result().copies == 0);
  CHECK(seen.result().in_place);
}

TEST_CASE("values that only move can be arguments, results, and shared") {
  const auto [first, second] = two_ranks();
  const auto owned = client().submit(TaskOptions{.rank = first}, [] { return std::make_unique<std::string>("owned"); });
  const auto by_value = [](std::unique_ptr<std::string> text) { return *text + "!"; };
  const auto by_reference = [](const std::unique_ptr<std::string>& text) { return *text; };
  CHECK(client().submit(TaskOptions{.rank = second}, by_value, owned).result() == "owned!");
  CHECK(client().submit(TaskOptions{.rank = first}, by_value, owned).result() == "owned!");
  CHECK(client().submit(by_reference, owned).result() == "owned");
  CHECK(*owned.result() == "owned");
  CHECK(*owned.result() == "owned");
  using Owners = std::vector<std::unique_ptr<int>>;
  const auto owners = client().submit([] {
    Owners all;
    for (int i = 0; i < 3; ++i) all.push_back(std::make_unique<int>(i));
    return all;
  });
  CHECK(client().submit([](Owners&& all) { return *Owners(std::move(all)).at(2); }, owners).result() == 2);
  CHECK(owners.result().size() == 3);
  CHECK(*client().put(std::make_unique<int>(8)).result() == 8);
}

TEST_CASE("a vector by value takes the values of futures nobody else holds by moving them") {
  const int rank = worker_ranks().back();
  Gate gate;
  const auto opened = client().submit(TaskOptions{.rank = rank}, pass_gate, gate.path());
  std::vector<Future<Tracked>> parts;
  for (int i = 0; i < 3; ++i) {
    parts.push_back(client().submit(
        TaskOptions{.rank = rank}, [](int, std::size_t items) { return Tracked(items); }, opened, kItems));
  }
  const Future<Tracked> kept = parts[1];
  const auto seen = client().submit(
      TaskOptions{.rank = rank},
      [](std::vector<Tracked> all) {
        return std::vector<int>{all[0].copies(), all[1].copies(), all[2].copies()};
      },
      parts);
  parts.clear();
  wait_for_messages();
  gate.open();
  CHECK(seen.result() == std::vector<int>{0, 1, 0});
}

}  // namespace
}  // namespace cohort::test
