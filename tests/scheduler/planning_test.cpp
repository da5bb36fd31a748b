// SchedulerState: tasks whose inputs are still to be made, spread over the workers by when they will run.
#include <doctest/doctest.h>

#include <string>

#include "scheduler/scenario.hpp"

namespace cohort::scheduler {

using namespace std::chrono_literals;

namespace {

std::string at(int step, int point) { return std::to_string(step) + "." + std::to_string(point); }

/// A step of a stencil two points wide: each needs both of the step before.
void submit_step(Scenario& s, int step) {
  for (int point = 0; point < 2; ++point) {
    Scenario::Task task;
    if (step > 0) task.inputs = {at(step - 1, 0), at(step - 1, 1)};
    s.submit(at(step, point), task);
  }
}

bool is_spread(const Scenario& s, int step) { return s[at(step, 0)].place != s[at(step, 1)].place; }

}  // namespace

TEST_CASE("tasks that will be ready together go to different workers, however far ahead they are placed") {
  Scenario s({1, 1});
  for (int step = 0; step < 50; ++step) {
    submit_step(s, step);
    REQUIRE(is_spread(s, step));
  }
}

TEST_CASE("the ends that one worker has reported, and the other has not, do not draw all new tasks to it") {
  Scenario s({1, 1});
  for (int step = 0; step < 4; ++step) submit_step(s, step);
  const Address first = s[at(0, 0)].place;
  for (int step = 0; step < 3; ++step) {
    const int there = s[at(step, 0)].place == first ? 0 : 1;
    s.finish(at(step, there), Scenario::kSmall);
  }
  for (int step = 4; step < 10; ++step) {
    submit_step(s, step);
    REQUIRE(is_spread(s, step));
  }
}

TEST_CASE("what is parked at a worker is part of its plan") {
  SchedulerOptions options;
  options.stock.tasks = 2;
  Scenario s({1, 1}, options);
  for (int step = 0; step < 3; ++step) submit_step(s, step);
  REQUIRE(s[at(2, 0)].phase == Phase::parked);
  REQUIRE(s[at(2, 1)].phase == Phase::parked);
  CHECK(is_spread(s, 2));
}

TEST_CASE("a task that is ready early may run while an earlier one waits for its input") {
  Scenario s({1, 1});
  s.submit("slow", {.worker = 2, .expected = 50ms});
  s.submit("here", {.worker = 1});
  s.submit("waits", {.inputs = {"slow"}, .worker = 1});
  s.submit("ready", {.inputs = {"here"}});
  CHECK(s["ready"].place == 1);
}

TEST_CASE("nobody knows how long a task takes that was never measured: there is no slack then") {
  Scenario s({1});
  for (const char* name : {"a", "b", "c", "d"}) s.submit(name, {.worker = 1});
  CHECK(s.state.slack(1s) == 0ns);
  s.finish("a", Scenario::kSmall, 300us);
  for (const char* name : {"e", "f"}) s.submit(name, {.worker = 1});
  CHECK(s.state.slack(1s) == 0ns);  // b, c and d were sent before
  for (const char* name : {"b", "c", "d"}) s.finish(name, Scenario::kSmall, 300us);
  CHECK(s.state.slack(1s) > 0ns);
}

}  // namespace cohort::scheduler
