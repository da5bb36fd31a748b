#include <doctest/doctest.h>

#include "scheduler/scenario.hpp"

namespace cohort::scheduler {

using namespace std::chrono_literals;

namespace {

/// Worker 1 was given t0, t1, …, of 1 ms each, because their input was expected to be large; it turned out not to be.
/// Worker 2 has but the short task `other`.
struct OneSided : Scenario {
  explicit OneSided(int tasks, const std::vector<int>& slots = {1, 1}, SchedulerOptions options = {})
      : Scenario(slots, options) {
    submit("known", {.worker = 1});
    finish("known", kSmall, 1ms);
    submit("large", {.worker = 1, .kind = 1});
    finish("large", 100'000'000, 1us);
    submit("gate", {.worker = 1, .kind = 1});
    for (int i = 0; i < tasks; ++i) submit("t" + std::to_string(i), {.inputs = {"gate"}});
    submit("other", {.worker = 2, .kind = 1});
    said();
  }
  /// The value is there, and worker 2 has nothing to do.
  void let_loose(const std::string& expected) {
    finish("gate", 10'000, 1us);
    finish("other", kSmall, 1us);
    CHECK(said() == "ended gate; ended other" + expected);
  }
};

}  // namespace

TEST_CASE("for an idle worker about half of what the busiest has not started is recalled, the last first") {
  OneSided s(4);
  s.let_loose("; 1 recall t3; 1 recall t2");
}

TEST_CASE("a recalled task goes to the worker it was recalled for") {
  OneSided s(4);
  s.let_loose("; 1 recall t3; 1 recall t2");
  s.give_back("t3");
  CHECK(s.said() == "2 assign t3(gate@1)");
}

TEST_CASE("what started before the recall came stays where it is") {
  OneSided s(2);
  s.let_loose("; 1 recall t1");
  s.finish("t1");
  CHECK(s.said() == "ended t1");
  CHECK_FALSE(s["t1"].recalling);
  CHECK(s.state.workers()[2].coming == 0);
}

TEST_CASE("who waits for the value of a recalled task is told where it will be") {
  OneSided s(2);
  s.submit("after", {.inputs = {"t1"}, .worker = 1});
  s.said();
  s.let_loose("; 1 recall t1");
  s.give_back("t1");
  CHECK(s.said() == "2 assign t1(gate@1); 1 relocate t1 to 2");
}

TEST_CASE("what runs is not recalled, nor what is pinned or waits for its input") {
  OneSided s(0);
  s.submit("runs", {.inputs = {"gate"}});
  s.submit("pinned", {.inputs = {"gate"}, .worker = 1});
  s.submit("waits", {.inputs = {"runs"}});
  s.start("runs");
  s.said();
  s.let_loose("");
}

TEST_CASE("a task that was cancelled while it was recalled goes nowhere") {
  OneSided s(2);
  s.let_loose("; 1 recall t1");
  s.cancel("t1");
  CHECK(s.said() == "1 cancel t1; ended t1");
  s.give_back("t1");
  CHECK(s.said() == "");
  CHECK(s["t1"].away == false);
}

TEST_CASE("a recalled task stays in the game when the worker it was meant for is lost") {
  OneSided s(2);
  s.let_loose("; 1 recall t1");
  s.lose(2);
  s.said();
  s.give_back("t1");
  CHECK(s.said() == "1 assign t1(gate@1)");
}

TEST_CASE("a recalled task whose input was lost meanwhile gets it from where it is made again") {
  SchedulerOptions options;
  options.keep_lineage = true;
  OneSided s(0, {1, 1, 1}, options);
  s.submit("far", {.kind = 1});
  s.finish("far", 10'000, 1us);
  REQUIRE(s["far"].place == 3);
  s.submit("t0", {.inputs = {"gate"}});
  s.submit("t1", {.inputs = {"gate", "far"}});
  s.said();
  s.let_loose("; 1 recall t1");
  s.lose(3);
  CHECK(s.said() == "2 assign far; 1 relocate far to 2");
  s.give_back("t1");
  CHECK(s.said() == "2 assign t1(gate@1 far@2)");
}

TEST_CASE("the last user of a value takes back what was released for it when it is recalled") {
  OneSided s(2);
  s.submit("mine", {.worker = 1, .kind = 1});
  s.finish("mine", 10'000, 1us);
  s.submit("user", {.inputs = {"mine", "gate"}});
  s.said();
  s.drop("mine");
  CHECK(s.said() == "1 release mine");
  s.let_loose("; 1 recall user");
  s.give_back("user");
  CHECK(s.said() == "2 assign user(mine@1 gate@1); 2 release mine");
  s.finish("user");
  CHECK(s.said() == "1 release mine; ended user");
}

TEST_CASE("parked tasks are taken without asking") {
  SchedulerOptions options;
  options.stock.tasks = 2;
  Scenario s({1, 1}, options);
  s.submit("known", {.worker = 1});
  s.finish("known", Scenario::kSmall, 1ms);
  s.submit("large", {.worker = 1, .kind = 1});
  s.finish("large", 100'000'000, 1us);
  s.submit("gate", {.worker = 1, .kind = 1});
  for (const char* name : {"a", "b", "c"}) s.submit(name, {.inputs = {"gate"}});
  CHECK(s["c"].phase == Phase::parked);
  s.finish("gate", 10'000, 1us);
  s.submit("other", {.worker = 2, .kind = 1});
  s.said();
  s.finish("other", Scenario::kSmall, 1us);
  CHECK(s.said() == "ended other; 2 assign c(gate@1)");
}

TEST_CASE("a worker that has told of nothing for long is helped, however short its tasks were thought to be") {
  OneSided s(0);
  s.submit("stuck", {.inputs = {"gate"}, .kind = 1});
  s.submit("behind", {.inputs = {"gate"}, .kind = 1});
  s.said();
  s.let_loose("");
  s.tick(10ms);
  CHECK(s.said() == "1 recall behind");
}

}  // namespace cohort::scheduler
