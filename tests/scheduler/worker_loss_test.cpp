#include <doctest/doctest.h>

#include "scheduler/scenario.hpp"

namespace cohort::scheduler {

namespace {

SchedulerOptions with_lineage() {
  SchedulerOptions options;
  options.keep_lineage = true;
  return options;
}

bool is_lost(const TaskRecord& task) {
  return task.phase == Phase::failed && task.failure()->failure.kind == wire::Failure::Kind::worker_lost;
}

}  // namespace

TEST_CASE("what a lost worker had not finished runs elsewhere, as another attempt") {
  Scenario s({1, 1});
  s.submit("a");
  s.submit("b");
  s.said();
  s.lose(1);
  CHECK(s.said() == "2 assign a");
  CHECK(s["a"].attempt == 1);
}

TEST_CASE("an attempt that was lost with its worker is not one of the retries") {
  Scenario s({1, 1});
  s.submit("a", {.retries = 1});
  s.lose(1);
  s.said();
  s.fail("a");
  CHECK(s.said() == "2 assign a");
  CHECK(s["a"].attempt == 2);
}

TEST_CASE("without lineage a value is lost with its worker, and what needs it fails") {
  Scenario s({1, 1});
  s.submit("a", {.worker = 1});
  s.finish("a");
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.said();
  s.lose(1);
  CHECK(s.said() == "2 release a; ended a; 2 cancel b; ended b");
  CHECK(is_lost(s["a"]));
  CHECK(s["b"].failure() == s["a"].failure());
}

TEST_CASE("a small value survives its worker, and those who were to fetch it there do so from rank 0") {
  Scenario s({1, 1, 1});
  s.submit("a", {.worker = 1});
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.finish("a", Scenario::kSmall);
  s.said();
  s.lose(1);
  CHECK(s.said() == "2 relocate a to 0");
  s.submit("c", {.inputs = {"a"}, .worker = 3});
  CHECK(s.said() == "3 assign c(a!)");
}

TEST_CASE("a small value that was lent out is lent no longer once its worker is lost") {
  Scenario s({1, 1});
  s.submit("a", {.worker = 1});
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.finish("a", Scenario::kSmall);
  s.drop("a");
  CHECK(s.said() == "1 assign a; 2 assign b(a@1); ended a; 2 release a");
  s.lose(1);
  CHECK(s.said() == "2 relocate a to 0");
  s.finish("b");
  CHECK(s.said() == "0 release a; 2 release a; ended b");
}

TEST_CASE("with lineage a lost value is computed again, with all that it was made of") {
  Scenario s({1, 1}, with_lineage());
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.drop("a");
  s.finish("a");
  s.finish("b");
  CHECK(s.said() == "1 assign a; 1 assign b(a@1); ended a; 1 release a; ended b");
  CHECK(s.find("a") != nullptr);
  s.lose(1);
  CHECK(s.said() == "2 assign a; 2 assign b(a@2)");
  s.finish("a");
  s.finish("b");
  CHECK(s.said() == "ended a; 2 release a; ended b");
  s.drop("b");
  CHECK(s.said() == "2 release b");
  CHECK(s.state.record_count() == 0);
}

TEST_CASE("who waits for a value that is computed again is told where") {
  Scenario s({1, 1, 1}, with_lineage());
  s.submit("a");
  s.finish("a");
  s.submit("b", {.inputs = {"a"}, .worker = 3});
  s.said();
  s.lose(1);
  CHECK(s.said() == "2 assign a; 3 relocate a to 2");
}

TEST_CASE("with lineage a value of rank 0 stays as long as what was made from it") {
  Scenario s({1, 1}, with_lineage());
  s.root_value("data");
  s.submit("a", {.inputs = {"data"}});
  s.drop("data");
  s.finish("a");
  s.said();
  s.lose(1);
  CHECK(s.said() == "2 assign a(data@0)");
  s.finish("a");
  s.said();
  s.drop("a");
  CHECK(s.said() == "2 release a; 0 release data; 2 release data");
}

TEST_CASE("a task that is to run again fails if an input failed since") {
  Scenario s({1, 1, 1}, with_lineage());
  s.submit("a", {.worker = 1});
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.finish("a");
  s.finish("b");
  s.lose(1);  // a cannot be had again: it may run there only
  CHECK(is_lost(s["a"]));
  CHECK(s["b"].phase == Phase::finished);
  s.lose(2);
  CHECK(is_lost(s["b"]));
}

TEST_CASE("a pinned task fails with its worker") {
  Scenario s({1, 1});
  s.submit("a", {.worker = 1});
  s.said();
  s.lose(1);
  CHECK(s.said() == "ended a");
  CHECK(is_lost(s["a"]));
  s.submit("b", {.worker = 1});
  CHECK(is_lost(s["b"]));
}

TEST_CASE("without any worker everything fails, and nothing waits for ever") {
  Scenario s({1});
  s.submit("a");
  s.lose(1);
  CHECK(is_lost(s["a"]));
  s.submit("b");
  CHECK(is_lost(s["b"]));
  CHECK(s.state.open_tasks() == 0);
}

TEST_CASE("what others wait for does not wait behind them, however full the worker is") {
  SchedulerOptions options;
  options.stock.tasks = 2;
  Scenario s({1, 1}, options);
  s.submit("a");
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.submit("c", {.inputs = {"a"}, .worker = 2});
  s.said();
  s.lose(1);
  CHECK(s.said() == "2 assign a");
}

TEST_CASE("what was parked for a lost worker goes elsewhere") {
  SchedulerOptions options;
  options.stock.tasks = 1;
  Scenario s({1, 1}, options);
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  CHECK(s["b"].phase == Phase::parked);
  s.said();
  s.lose(1);
  CHECK(s.said() == "2 assign a");
  s.finish("a");
  CHECK(s.said() == "ended a; 2 assign b(a@2)");
}

TEST_CASE("a broadcast goes past a worker that is lost") {
  Scenario s({1, 1, 1, 1});
  s.submit("a", {.broadcast = true});
  s.finish("a");
  s.held(3, "a");
  s.said();
  s.lose(2);
  CHECK(s.said() == "3 relocate a to 1; 4 relocate a to 1");
  s.held(4, "a");
  CHECK(s.said() == "ended a");
}

TEST_CASE("a broadcast whose origin is lost goes on from a worker that has it") {
  Scenario s({1, 1, 1, 1});
  s.submit("a", {.broadcast = true});
  s.finish("a");
  s.held(3, "a");
  s.said();
  s.lose(1);
  CHECK(s.said() == "2 relocate a to 3; 4 relocate a to 3");
  CHECK(s["a"].place == 3);
}

TEST_CASE("a failure names the rank of the lost worker, which need not be its address") {
  SchedulerOptions options;
  options.rank_of = [](Address worker) { return worker == 2 ? 0 : worker; };
  Scenario s({1, 1}, options);
  s.submit("a", {.worker = 2});
  s.lose(2);
  CHECK(s["a"].failure()->failure.message == "the worker on rank 0 is gone");
}

}  // namespace cohort::scheduler
