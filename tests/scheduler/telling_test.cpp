// SchedulerState: failures and who waits for what, as the user is told.
#include <doctest/doctest.h>

#include "scheduler/scenario.hpp"

namespace cohort::scheduler {

using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

SchedulerOptions stock(Time time, std::size_t tasks) {
  SchedulerOptions options;
  options.stock.time = time;
  options.stock.tasks = tasks;
  return options;
}

Lines messages(const SchedulerState& state) {
  Lines lines;
  for (const wire::Failure* failure : state.unseen_failures()) lines.push_back(failure->message);
  return lines;
}

}  // namespace

// --- failures

TEST_CASE("failures that nobody saw are told oldest first") {
  Scenario s({1});
  s.submit("a");
  s.submit("b");
  s.fail("b");
  s.fail("a");
  CHECK(messages(s.state) == Lines{"b failed", "a failed"});
}

TEST_CASE("a failure that was looked at is seen") {
  Scenario s({1});
  s.submit("a");
  s.fail("a");
  s.state.on_looked_at(s["a"].id);
  CHECK(messages(s.state).empty());
}

TEST_CASE("a failure is seen by whoever looked before it happened") {
  Scenario s({1});
  s.submit("a");
  s.state.on_looked_at(s["a"].id);
  s.fail("a");
  CHECK(messages(s.state).empty());
}

TEST_CASE("a failure is seen when a dependent was looked at, before or after") {
  Scenario s({1});
  s.submit("a");
  s.submit("after_a", {.inputs = {"a"}});
  s.submit("b");
  s.submit("after_b", {.inputs = {"b"}});
  s.state.on_looked_at(s["after_a"].id);
  s.fail("a");
  s.fail("b");
  CHECK(messages(s.state) == Lines{"b failed"});
  s.state.on_looked_at(s["after_b"].id);
  CHECK(messages(s.state).empty());
}

TEST_CASE("a failure nobody saw is told also when its task is forgotten") {
  Scenario s({1});
  s.submit("a");
  s.drop("a");
  s.fail("a");
  CHECK(s.find("a") == nullptr);
  CHECK(messages(s.state) == Lines{"a failed"});
}

TEST_CASE("an attempt that is followed by another is no failure to tell of") {
  Scenario s({1});
  s.submit("a", {.retries = 1});
  s.fail("a");
  s.finish("a");
  CHECK(messages(s.state).empty());
}

TEST_CASE("what needs a failed task by two ways ends once") {
  Scenario s({1});
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.submit("c", {.inputs = {"a"}});
  s.submit("d", {.inputs = {"b", "c"}});
  s.said();
  s.fail("a");
  CHECK(s.said() == "ended a; 1 cancel c; ended c; 1 cancel d; ended d; 1 cancel b; ended b");
}

TEST_CASE("of two failed inputs the first tells why") {
  Scenario s({1});
  s.submit("a");
  s.submit("b");
  s.fail("b");
  s.fail("a");
  s.submit("c", {.inputs = {"a", "b"}});
  CHECK(s["c"].failure() == s["a"].failure());
}

TEST_CASE("what is submitted with a cancelled input is cancelled at once") {
  Scenario s({1});
  s.submit("a");
  s.cancel("a");
  s.said();
  s.submit("b", {.inputs = {"a"}});
  CHECK(s.said() == "ended b");
  CHECK(s.state.status(s["b"]) == Status::cancelled);
}

TEST_CASE("a task that is cancelled before a full worker had room never goes there") {
  Scenario s({1}, stock(4ms, 1));
  s.submit("a", {.worker = 1});
  s.submit("b", {.worker = 1});
  s.said();
  s.cancel("b");
  CHECK(s.said() == "ended b");
  s.finish("a");
  CHECK(s.said() == "ended a");
}

// --- who waits

TEST_CASE("what was given out, waits for a slot, or for another task is told in words") {
  Scenario s({1}, stock(0ns, 8));
  for (const char* name : {"a", "b", "c"}) s.submit(name);
  s.submit("d", {.inputs = {"a", "c"}});
  s.start("a");
  CHECK(s.state.who_waits(10) == Lines{"task 0.1 'a' runs on rank 1", "task 1.1 'b' was given to rank 1",
                                       "task 2.1 'c' waits for a free slot",
                                       "task 3.1 'd' waits for task 0.1 'a', task 2.1 'c'"});
}

TEST_CASE("what waits for room on its worker says so") {
  Scenario s({1}, stock(4ms, 1));
  s.submit("a", {.worker = 1});
  s.submit("b", {.worker = 1});
  CHECK(s.state.who_waits(10).back() == "task 1.1 'b' waits for room on rank 1");
}

TEST_CASE("what was cancelled and still runs says so, until it has returned") {
  Scenario s({1});
  s.submit("a");
  s.cancel("a");
  CHECK(s.state.who_waits(10) == Lines{"task 0.1 'a' has ended, but still runs on rank 1"});
  s.stop("a");
  CHECK(s.state.who_waits(10).empty());
}

TEST_CASE("no more lines are told than were asked for") {
  Scenario s({1});
  for (const char* name : {"a", "b", "c"}) s.submit(name);
  CHECK(s.state.who_waits(2).size() == 2);
}

}  // namespace cohort::scheduler
