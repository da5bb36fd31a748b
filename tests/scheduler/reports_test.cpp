// SchedulerState: what workers report, when it comes late, twice, or about what is so no longer.
#include <doctest/doctest.h>

#include "scheduler/scenario.hpp"

namespace cohort::scheduler {

using namespace std::chrono_literals;

namespace {

void report_finished(Scenario& s, Address worker, TaskId id, std::uint32_t attempt) {
  wire::Done done;
  done.id = id;
  done.attempt = attempt;
  s.state.on_done(worker, done, 2s);
  s.state.check_invariants();
}

}  // namespace

TEST_CASE("a report of a worker that is lost is ignored") {
  Scenario s({1, 1});
  s.submit("a");
  s.lose(1);
  s.said();
  report_finished(s, 1, s["a"].id, 0);
  CHECK(s.said() == "");
  CHECK(s["a"].phase == Phase::assigned);
}

TEST_CASE("a report of an earlier attempt is ignored") {
  Scenario s({1});
  s.submit("a", {.retries = 1});
  s.fail("a");
  s.said();
  report_finished(s, 1, s["a"].id, 0);
  CHECK(s.said() == "");
  CHECK(s["a"].phase == Phase::assigned);
}

TEST_CASE("a report about a task that is forgotten is ignored, also once its place is used again") {
  Scenario s({1});
  s.submit("a");
  const TaskId forgotten = s["a"].id;
  s.finish("a");
  s.drop("a");
  s.submit("b");
  REQUIRE(s["b"].id.index == forgotten.index);
  s.said();
  report_finished(s, 1, forgotten, 0);
  CHECK(s.said() == "");
  CHECK(s["b"].phase == Phase::assigned);
}

TEST_CASE("a second report of the same end is ignored") {
  Scenario s({1});
  s.submit("a");
  s.finish("a");
  s.said();
  report_finished(s, 1, s["a"].id, 0);
  CHECK(s.said() == "");
  CHECK(s.state.open_tasks() == 0);
}

TEST_CASE("a task that comes back without having been recalled stays where it is") {
  Scenario s({1, 1});
  s.submit("a");
  s.said();
  s.give_back("a");
  CHECK(s.said() == "");
  CHECK(s["a"].place == 1);
}

TEST_CASE("a copy nobody asked for is not counted") {
  Scenario s({1, 1});
  s.submit("a");
  s.finish("a");
  s.said();
  s.held(2, "a");
  CHECK(s.said() == "");
}

TEST_CASE("a task that is reported as cancelled, though it was not, runs again") {
  Scenario s({1});
  s.submit("a");
  s.said();
  s.stop("a");
  CHECK(s.said() == "1 assign a");
  CHECK(s["a"].attempt == 1);
}

TEST_CASE("that a task started on a worker that lost it since does not count") {
  Scenario s({1, 1});
  s.submit("a");
  s.lose(1);
  s.state.on_started(1, s["a"].id);
  CHECK(s.state.status(s["a"]) == Status::pending);
}

TEST_CASE("a cancelled task is waited for no longer once its worker is lost") {
  Scenario s({1, 1});
  s.submit("a");
  s.cancel("a");
  s.said();
  CHECK(s.state.open_tasks() == 1);
  s.lose(1);
  CHECK(s.said() == "");
  CHECK(s.state.open_tasks() == 0);
  CHECK(s.state.status(s["a"]) == Status::cancelled);
}

TEST_CASE("the stock is limited by count too: what runs anywhere waits here, not there") {
  SchedulerOptions options;
  options.stock.tasks = 3;
  Scenario s({1}, options);
  for (const char* name : {"a", "b", "c", "d"}) s.submit(name);
  CHECK(s.said() == "1 assign a; 1 assign b; 1 assign c");
  CHECK(s["d"].phase == Phase::ready);
  s.finish("b");
  CHECK(s.said() == "ended b; 1 assign d");
}

TEST_CASE("an input that was used twice is released once") {
  Scenario s({1});
  s.submit("x");
  s.finish("x");
  s.submit("f", {.inputs = {"x", "x"}});
  s.drop("x");
  s.said();
  s.finish("f");
  CHECK(s.said() == "1 release x; ended f");
  CHECK(s.find("x") == nullptr);
}

TEST_CASE("a retried task keeps those that wait for it where they are") {
  Scenario s({1});
  s.submit("a", {.retries = 1});
  s.submit("b", {.inputs = {"a"}});
  s.said();
  s.fail("a");
  CHECK(s.said() == "1 assign a");
  s.finish("a");
  s.finish("b");
  CHECK(s.said() == "ended a; ended b");
}

}  // namespace cohort::scheduler
