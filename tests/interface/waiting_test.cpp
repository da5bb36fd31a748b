// gather, wait, as_completed.
#include <doctest/doctest.h>

#include <chrono>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "interface/shared_client.hpp"

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("gather gives the values in the order given") {
  std::vector<Future<int>> squares;
  for (int i = 0; i < 1'000; ++i) squares.push_back(client().submit(square, i));
  const std::vector<int> values = client().gather(squares);
  REQUIRE(values.size() == 1'000);
  for (int i = 0; i < 1'000; ++i) CHECK(values[std::size_t(i)] == i * i);
  CHECK(client().gather(std::vector<Future<int>>{}).empty());
  CHECK(client().gather(std::vector{squares[3], squares[2], squares[3]}) == std::vector<int>{9, 4, 9});
}

TEST_CASE("gather brings large values and bools") {
  std::vector<Future<std::vector<int>>> large;
  for (int i = 0; i < 200; ++i) large.push_back(client().submit([](int x) { return std::vector<int>(5'000, x); }, i));
  const auto values = client().gather(large);
  for (int i = 0; i < 200; ++i) CHECK(values[std::size_t(i)] == std::vector<int>(5'000, i));
  const std::vector flags{client().submit([] { return true; }), client().submit([] { return false; })};
  CHECK(client().gather(flags) == std::vector<bool>{true, false});
}

TEST_CASE("gather of Future<void> waits for all") {
  const Mark first, second;
  client().gather(std::vector{client().submit(set_mark, first.path()), client().submit(set_mark, second.path())});
  CHECK(first.is_set());
  CHECK(second.is_set());
}

// That it counts as looking at all of them shows in the program's exit code.
TEST_CASE("gather throws the first failure in the order given, and counts as looking at all") {
  const auto good = client().submit(square, 1);
  const auto first = client().submit(fail, "first");
  const auto second = client().submit([]() -> int { throw std::invalid_argument("second"); });
  second.exception();
  CHECK_THROWS_WITH_AS(client().gather(std::vector{good, first, second}), "first", std::out_of_range);
  CHECK_THROWS_WITH_AS(client().gather(std::vector{second, first}), "second", std::invalid_argument);
  std::vector<Future<void>> failing;
  for (int i = 0; i < 3; ++i) failing.push_back(client().submit([] { throw std::runtime_error("void"); }));
  CHECK_THROWS_WITH_AS(client().gather(failing), "void", std::runtime_error);
}

TEST_CASE("wait for all returns everything as done, in the order given") {
  std::vector<Future<int>> squares;
  for (int i = 0; i < 100; ++i) squares.push_back(client().submit(square, i));
  const auto [done, pending] = client().wait(squares);
  CHECK(pending.empty());
  REQUIRE(done.size() == 100);
  CHECK(done[7].result() == 49);
  CHECK(client().wait(std::vector<Future<int>>{}).done.empty());
}

TEST_CASE("wait that runs out of time is no error") {
  Gate gate;
  const auto ended = client().submit(square, 3);
  CHECK(ended.result() == 9);
  const auto blocked = client().submit(pass_gate, gate.path());
  const auto waited = client().wait(std::vector{blocked, ended}, 2ms);
  REQUIRE(waited.done.size() == 1);
  REQUIRE(waited.pending.size() == 1);
  CHECK(waited.done[0].result() == 9);
  CHECK(client().wait(std::vector{blocked}, 0ns).pending.size() == 1);
  gate.open();
  CHECK(waited.pending[0].result() == 1);
}

TEST_CASE("times that are too long to add up are for ever") {
  const std::vector tasks{client().submit(square, 1), client().submit(square, 2)};
  CHECK(client().wait(tasks, forever).done.size() == 2);
  CHECK(client().wait(tasks, forever - 1ns).done.size() == 2);
  CHECK(client().wait(std::vector{client().submit(square, 3)}, std::chrono::hours(24 * 365 * 290)).done.size() == 1);
}

TEST_CASE("wait for the first returns as soon as one has ended" * doctest::test_suite("threads")) {
  Gate gate;
  const auto ended = client().submit(square, 3);
  CHECK(ended.result() == 9);
  const auto blocked = client().submit(pass_gate, gate.path());
  const auto waited = client().wait(std::vector{blocked, ended}, kLong, When::first);
  CHECK(waited.done.size() == 1);
  CHECK(waited.pending.size() == 1);
  std::thread opener([&] {
    eventually([&] { return blocked.status() == Status::running; });
    gate.open();
  });
  CHECK(client().wait(std::vector{blocked}, kLong, When::first).done.size() == 1);
  opener.join();
}

TEST_CASE("wait for the first failure lets others go on, and returns when all have ended without one") {
  Gate gate;
  const auto failed = client().submit(fail, "on purpose");
  CHECK(failed.exception() != nullptr);
  const auto good = client().submit(square, 2);
  CHECK(good.result() == 4);
  const auto blocked = client().submit(pass_gate, gate.path());
  CHECK(client().wait(std::vector{blocked, good}, 2ms, When::first_failure).pending.size() == 1);
  const auto waited = client().wait(std::vector{good, blocked, failed}, kLong, When::first_failure);
  CHECK(waited.done.size() == 2);
  CHECK(waited.pending.size() == 1);
  gate.open();
  CHECK(client().wait(std::vector{blocked, good}, kLong, When::first_failure).done.size() == 2);
}

TEST_CASE("as_completed gives each distinct future once, in the order they end") {
  Gate gate;
  // On one worker: of what ends on different ones, the client may hear in another order.
  const TaskOptions there{.rank = two_ranks().first};
  const auto first = client().submit(there, pass_gate, gate.path());
  const auto second = client().submit(
      there, [](int x) { return x + 1; }, first);
  const auto third = client().submit(
      there, [](int x) { return x + 1; }, second);
  auto range = client().as_completed(std::vector{third, first, second, third, first});
  gate.open();
  std::vector<int> values;
  for (const Future<int>& ended : range) {
    CHECK(ended.done());
    values.push_back(ended.result());
  }
  CHECK(values == std::vector<int>{1, 2, 3});
}

TEST_CASE("as_completed gives failures and cancelled tasks too, and those that had ended before") {
  Gate gate;
  std::vector tasks{client().submit(square, 2), client().submit(fail, "on purpose")};
  client().wait(tasks);
  tasks.push_back(client().submit(pass_gate, gate.path()));
  tasks.back().cancel();
  gate.open();
  int finished = 0, failed = 0, dropped = 0;
  for (const auto& ended : client().as_completed(tasks)) {
    finished += ended.status() == Status::finished;
    failed += ended.status() == Status::failed;
    dropped += ended.status() == Status::cancelled;
    ended.exception();
  }
  CHECK(finished == 1);
  CHECK(failed == 1);
  CHECK(dropped == 1);
}

TEST_CASE("as_completed owns its futures, and may be left early") {
  std::vector<Future<int>> squares;
  for (int i = 0; i < 100; ++i) squares.push_back(client().submit(square, i));
  auto range = client().as_completed(std::move(squares));
  int seen = 0;
  for (const auto& ended : range) {
    CHECK(ended.done());
    if (++seen == 10) break;
  }
  CHECK(seen == 10);
  for (const auto& ended : client().as_completed(std::vector<Future<int>>{})) FAIL("nothing: " << ended.result());
}

TEST_CASE("work can be added while as_completed goes on") {
  std::vector<Future<int>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(client().submit(square, i));
  int sum = 0;
  for (const auto& ended : client().as_completed(tasks)) sum += ended.then([](int x) { return x + 1; }).result();
  CHECK(sum == 2'470 + 20);
}

}  // namespace
}  // namespace cohort::test
