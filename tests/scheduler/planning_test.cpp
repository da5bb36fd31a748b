// SchedulerState: tasks whose inputs are still to be made, spread over the workers by when they will run.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "scheduler/estimates.hpp"
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

TEST_CASE("what came together at one worker does not all stay there, though the other has enough to do too") {
  Scenario s({1, 1});
  // Long enough that neither is hungry.
  for (const Address worker : {1, 2}) {
    for (int i = 0; i < 3; ++i) {
      s.submit(at(worker, i), {.worker = worker, .kind = 1, .expected = 3ms});
    }
  }
  for (int i = 0; i < 2; ++i) s.submit("input" + std::to_string(i), {.worker = 1, .kind = 2, .expected = 1ms});
  int elsewhere = 0;
  for (int i = 0; i < 10; ++i) {
    const std::string name = "task" + std::to_string(i);
    s.submit(name, {.inputs = {"input0", "input1"}, .kind = 3, .expected = 1ms});
    if (s[name].place == 2) ++elsewhere;
  }
  CHECK(elsewhere >= 4);
  CHECK(elsewhere <= 7);
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

TEST_CASE("nobody knows how long tasks take of which few were measured: there is no slack then") {
  Scenario s({1});
  std::vector<std::string> first;
  for (int i = 0; i < 9; ++i) first.push_back("a" + std::to_string(i));
  for (const std::string& name : first) s.submit(name, {.worker = 1});
  CHECK(s.state.slack(1s) == 0ns);
  for (int i = 0; i < 8; ++i) s.finish(first[static_cast<std::size_t>(i)], Scenario::kSmall, 300us);
  for (const char* name : {"b", "c"}) s.submit(name, {.worker = 1});
  CHECK(s.state.slack(1s) == 0ns);  // the ninth was sent before
  s.finish("a8", Scenario::kSmall, 300us);
  CHECK(s.state.slack(1s) == 600us);
}

TEST_CASE("how often a worker reports an end is measured while it has work") {
  Pace pace;
  pace.on_report(5, true, 1ms);  // nobody knows since when it had work
  CHECK(pace.between() == 0ns);
  pace.on_report(60, true, 2ms);
  pace.on_report(40, true, 2ms);  // read together with the last
  CHECK(pace.between() == 0ns);
  pace.on_report(1, true, 3ms);
  CHECK(pace.between() == 10us);
  pace.on_report(4, false, 4ms);
  CHECK(pace.between() == 1ms);
  pace.on_report(7, true, 50ms);  // it had none for a while
  pace.on_report(50, true, 51ms);
  pace.on_report(1, true, 52ms);
  CHECK(pace.between() == 20us);
}

TEST_CASE("tasks that wait for each other keep a worker busy for longer than they run") {
  Scenario s({1});
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) names.push_back("a" + std::to_string(i));
  for (const std::string& name : names) s.submit(name, {.worker = 1});
  for (int i = 0; i < 10; ++i) s.finish(names[static_cast<std::size_t>(i)], Scenario::kSmall, 1us);
  for (int i = 10; i < 40; ++i) {
    s.tick(100us);
    s.finish(names[static_cast<std::size_t>(i)], Scenario::kSmall, 1us);
  }
  for (const char* name : {"b", "c", "d"}) s.submit(name, {.worker = 1});
  for (int i = 40; i < 60; ++i) s.finish(names[static_cast<std::size_t>(i)], Scenario::kSmall, 1us);
  CHECK(s.state.slack(1s + 30 * 100us) == 3 * 100us);
}

TEST_CASE("of the first few calls of a kind the quickest counts, then the average moves") {
  const detail::TaskType kind{};
  Estimates estimates(200us);
  CHECK(estimates.of(&kind).duration == 200us);
  estimates.measured(&kind, 900us, 8);
  CHECK(estimates.of(&kind).duration == 900us);
  for (int i = 2; i <= 8; ++i) {
    CHECK_FALSE(estimates.of(&kind).known());
    estimates.measured(&kind, i == 3 ? 8us : 20us, 8);
  }
  CHECK(estimates.of(&kind).known());
  CHECK(estimates.of(&kind).duration == 8us);
  estimates.measured(&kind, 16us, 8);
  CHECK(estimates.of(&kind).duration == 9us);
}

TEST_CASE("a call that lost its CPU for a while counts for little, calls that have become longer are soon known") {
  const detail::TaskType kind{};
  Estimates estimates(200us);
  for (int i = 0; i < 8; ++i) estimates.measured(&kind, 16us, 8);
  estimates.measured(&kind, 5ms, 8);
  CHECK(estimates.of(&kind).duration == 30us);
  for (int i = 0; i < 30; ++i) estimates.measured(&kind, 5ms, 8);
  CHECK(estimates.of(&kind).duration > 4500us);
  for (int i = 0; i < 200; ++i) estimates.measured(&kind, 0us, 8);
  CHECK(estimates.of(&kind).duration < 1us);
  for (int i = 0; i < 40; ++i) estimates.measured(&kind, 5ms, 8);
  CHECK(estimates.of(&kind).duration > 4500us);
}

}  // namespace cohort::scheduler
