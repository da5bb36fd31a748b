#include <doctest/doctest.h>

#include "scheduler/scenario.hpp"

namespace cohort::scheduler {

using namespace std::chrono_literals;

namespace {

/// Calls of kind 0 are known to take 1 s; of kind 1, 1 ms; those of other kinds were never measured.
struct Measured : Scenario {
  explicit Measured(const std::vector<int>& slots = {1}, SchedulerOptions options = {}) : Scenario(slots, options) {
    for (const int kind : {0, 1}) {
      const std::string name = "known" + std::to_string(kind);
      submit(name, {.worker = 1, .kind = kind});
      finish(name, kSmall, kind == 0 ? Time(1s) : Time(1ms));
    }
    said();
  }
};

/// The same in a run whose time is up after `left`.
Measured until(Time left, const std::vector<int>& slots = {1}) {
  SchedulerOptions options;
  options.latest_end = Time(1s) + left;  // the scenario begins at 1 s
  return Measured(slots, options);
}

}  // namespace

TEST_CASE("near the end what is expected to end in time is started, and nothing else") {
  Measured s;
  s.close(100ms);
  s.submit("second");
  CHECK(s.said() == "");
  CHECK(s["second"].phase == Phase::withheld);
  s.submit("millisecond", {.kind = 1});
  CHECK(s.said() == "1 assign millisecond");
  s.submit("unknown", {.kind = 2});
  CHECK(s.said() == "");
  s.submit("told", {.kind = 2, .expected = 1ms});
  CHECK(s.said() == "1 assign told");
}

TEST_CASE("a task that would have to wait for too long is not started") {
  Measured s;
  for (int i = 0; i < 4; ++i) s.submit("t" + std::to_string(i), {.kind = 1, .expected = 1ms});
  s.said();
  s.close(5500us);
  s.submit("in time", {.worker = 1, .kind = 1});
  s.submit("too late", {.worker = 1, .kind = 1});
  CHECK(s.said() == "1 assign in time");
  CHECK(s["too late"].phase == Phase::withheld);
}

TEST_CASE("what runs may end; what was given out and has not started is taken back") {
  Measured s;
  s.submit("runs");
  s.submit("waits");
  s.submit("ready");
  s.start("runs");
  CHECK(s.said() == "1 assign runs; 1 assign waits");
  s.close(0s);
  CHECK(s.said() == "1 recall waits");
  CHECK_FALSE(s.state.all_is_withheld());
  s.give_back("waits");
  CHECK_FALSE(s.state.all_is_withheld());
  s.finish("runs");
  CHECK(s.said() == "ended runs");
  CHECK(s.state.all_is_withheld());
  CHECK(s.state.open_tasks() == 2);
}

TEST_CASE("what has started before it could be taken back ends as ever") {
  Measured s;
  s.submit("runs");
  CHECK(s.said() == "1 assign runs");
  s.close(0s);
  CHECK(s.said() == "1 recall runs");
  s.finish("runs");
  CHECK(s.said() == "ended runs");
  CHECK(s.state.all_is_withheld());
  CHECK(s.state.open_tasks() == 0);
}

TEST_CASE("what was given out in time and comes too late is taken back later") {
  Measured s;
  s.submit("takes longer", {.kind = 1});
  s.submit("behind", {.kind = 1});
  s.start("takes longer");
  s.said();
  s.close(50ms);
  s.tick(30ms);
  CHECK(s.said() == "");
  s.tick(30ms);
  CHECK(s.said() == "1 recall behind");
}

TEST_CASE("what was placed behind a task that is not started any more is taken back too") {
  Measured s({1, 1});
  s.submit("runs");
  s.submit("first", {.inputs = {"runs"}});
  s.submit("second", {.inputs = {"first"}, .worker = 2, .kind = 1});
  s.submit("third", {.inputs = {"second"}, .worker = 1, .kind = 1});
  s.start("runs");
  s.said();
  s.close(100ms);
  CHECK(s.said() == "1 recall first");
  s.give_back("first");
  CHECK(s.said() == "2 recall second");
  s.give_back("second");
  CHECK(s.said() == "1 recall third");
  s.give_back("third");
  CHECK(s["third"].phase == Phase::blocked);
  s.finish("runs");
  CHECK(s.state.all_is_withheld());
}

TEST_CASE("parked tasks are not started near the end") {
  SchedulerOptions options;
  options.stock.tasks = 1;
  Measured s({1}, options);
  s.submit("runs", {.worker = 1});
  s.submit("parked", {.worker = 1});
  s.start("runs");
  CHECK(s["parked"].phase == Phase::parked);
  s.close(10ms);
  CHECK_FALSE(s.state.all_is_withheld());
  s.finish("runs", Scenario::kLarge, 1s);
  CHECK(s["parked"].phase == Phase::withheld);
  CHECK(s.state.all_is_withheld());
}

TEST_CASE("of two ends the earlier holds") {
  Measured s;
  s.close(0s);
  s.close(10s);
  s.submit("short", {.kind = 1});
  CHECK(s["short"].phase == Phase::withheld);
}

TEST_CASE("a task that is withheld can be cancelled, and what waits for it") {
  Measured s;
  s.close(0s);
  s.submit("t");
  s.submit("after", {.inputs = {"t"}});
  s.cancel("t");
  CHECK(s.said() == "ended t; ended after");
  CHECK(s.state.open_tasks() == 0);
}

TEST_CASE("a value that is still being copied is not waited for in vain") {
  Measured s({1, 1});
  s.submit("value", {.worker = 1, .broadcast = true});
  s.said();
  s.close(10s);
  s.finish("value");
  CHECK_FALSE(s.state.all_is_withheld());
  s.held(2, "value");
  CHECK(s.said() == "ended value");
  CHECK(s.state.all_is_withheld());
}

TEST_CASE("copies that are lost with their worker are not waited for") {
  Measured s({1, 1, 1});
  s.submit("value", {.worker = 1, .broadcast = true});
  s.close(10s);
  s.finish("value");
  s.held(2, "value");
  CHECK_FALSE(s.state.all_is_withheld());
  s.lose(3);
  CHECK(s.state.all_is_withheld());
}

TEST_CASE("a value that was lost before it was copied is being copied no longer") {
  Measured s({1, 1});
  s.submit("value", {.worker = 1, .broadcast = true});
  s.close(10s);
  s.finish("value");
  s.lose(1);
  CHECK(s["value"].phase == Phase::failed);
  CHECK(s.state.all_is_withheld());
}

// --- before the last minutes: the scheduler knows when the time is up

TEST_CASE("what is known to take longer than there is time for is never started") {
  Measured s = until(10s);
  s.submit("a second", {.worker = 1});
  s.submit("told to take a minute", {.kind = 2, .expected = 1min});
  s.submit("unknown", {.worker = 1, .kind = 3});
  CHECK(s.said() == "1 assign a second; 1 assign unknown");
  CHECK(s["told to take a minute"].phase == Phase::withheld);
  CHECK_FALSE(s.state.all_is_withheld());
  s.finish("a second");
  s.finish("unknown");
  CHECK(s.state.all_is_withheld());
  s.submit("millisecond", {.kind = 1});
  CHECK_FALSE(s.state.all_is_withheld());
}

TEST_CASE("what was withheld because the first call took long is started once others turn out to be quicker") {
  Measured s = until(1500ms);
  s.submit("runs", {.worker = 1});
  s.start("runs");
  s.tick(1s);
  s.submit("later", {.worker = 1});
  s.submit("told to take a minute", {.expected = 1min});
  s.said();
  CHECK(s["later"].phase == Phase::withheld);
  s.finish("runs", Scenario::kSmall, 1ms);
  CHECK(s.said() == "ended runs; 1 assign later");
  CHECK(s["told to take a minute"].phase == Phase::withheld);
}

TEST_CASE("the time that is left decides, not the limit") {
  Measured s = until(3s);
  s.tick(1500ms);
  s.submit("in time");
  CHECK(s.said() == "1 assign in time");
  s.finish("in time", Scenario::kSmall, 1s);
  s.tick(1s);
  s.said();
  s.submit("too late");
  CHECK(s["too late"].phase == Phase::withheld);
}

TEST_CASE("a worker that has much to do may still get what fits in the time, for others may take it") {
  Measured s = until(3500ms);
  for (int i = 0; i < 10; ++i) s.submit("t" + std::to_string(i), {.worker = 1});
  CHECK(s["t9"].phase == Phase::assigned);
}

TEST_CASE("what waits on its worker until it cannot end in time is taken back, with what waits for it") {
  Measured s = until(3s, {1, 1});
  s.submit("runs", {.worker = 1, .kind = 2});
  s.submit("behind", {.worker = 1});
  s.submit("after", {.inputs = {"behind"}, .worker = 2, .kind = 1});
  s.start("runs");
  s.tick(1900ms);
  s.said();
  s.tick(300ms);
  CHECK(s.said() == "1 recall behind");
  s.give_back("behind");
  CHECK(s["behind"].phase == Phase::withheld);
  CHECK(s.said() == "2 recall after");
  s.give_back("after");
  CHECK_FALSE(s.state.all_is_withheld());
  s.finish("runs");
  CHECK(s.state.all_is_withheld());
}

TEST_CASE("while there is time, nothing is withheld") {
  Measured s;
  CHECK_FALSE(s.state.all_is_withheld());
  s.submit("unknown", {.kind = 3});
  CHECK(s.said() == "1 assign unknown");
}

}  // namespace cohort::scheduler
