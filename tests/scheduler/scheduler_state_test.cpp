#include <doctest/doctest.h>

#include "base/broken_invariant.hpp"
#include "scheduler/scenario.hpp"

namespace cohort::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kSmall = Scenario::kSmall;

/// Workers are full at once, as with tasks that take long.
SchedulerOptions short_stock(std::size_t tasks = 8192) {
  SchedulerOptions options;
  options.stock.time = 0ns;
  options.stock.tasks = tasks;
  return options;
}

}  // namespace

// --- placing

TEST_CASE("tasks without inputs go to the workers in turn") {
  Scenario s({1, 1});
  s.submit("a");
  s.submit("b");
  s.submit("c");
  CHECK(s.said() == "1 assign a; 2 assign b; 1 assign c");
}

TEST_CASE("a worker with more slots is given more") {
  Scenario s({1, 3}, short_stock());
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) s.submit(name);
  CHECK(s.said() == "1 assign a; 2 assign b; 2 assign c; 2 assign d; 1 assign e; 2 assign f");
}

TEST_CASE("what finds no hungry worker waits, and goes out when a task ends") {
  Scenario s({1}, short_stock());
  for (const char* name : {"a", "b", "c"}) s.submit(name);
  CHECK(s.said() == "1 assign a; 1 assign b");
  CHECK(s.state.status(s["c"]) == Status::pending);
  s.finish("a");
  CHECK(s.said() == "ended a; 1 assign c");
}

TEST_CASE("the stock is measured in time: many short tasks, few long ones") {
  SchedulerOptions options;
  options.stock.time = 1ms;
  Scenario s({1}, options);
  s.submit("a");
  s.finish("a", kSmall, 100us);
  s.said();
  for (int i = 0; i < 50; ++i) s.submit("short" + std::to_string(i));
  CHECK(s.state.workers()[1].assigned_count == 10);
}

TEST_CASE("a task counts for what it is expected to take, if that was said") {
  SchedulerOptions options;
  options.stock.time = 1ms;
  Scenario s({1}, options);
  for (int i = 0; i < 5; ++i) s.submit("long" + std::to_string(i), {.expected = 400us});
  CHECK(s.state.workers()[1].assigned_count == 3);
  CHECK(s.state.workers()[1].assigned_time == 1200us);
  s.finish("long0", kSmall, 100us);
  CHECK(s["long0"].estimate == 100us);
  CHECK(s.state.workers()[1].assigned_time == 1200us);
}

TEST_CASE("a task goes to the worker that holds most of its input bytes") {
  Scenario s({1, 1});
  s.submit("little");
  s.submit("much");
  s.finish("little", 2'000);
  s.finish("much", 1'000'000);
  s.said();
  s.submit("both", {.inputs = {"little", "much"}});
  CHECK(s.said() == "2 assign both(little@1 much@2)");
}

TEST_CASE("a task is assigned before its input exists, to the worker that will hold it") {
  Scenario s({1, 1});
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.submit("c", {.inputs = {"b"}});
  CHECK(s.said() == "1 assign a; 1 assign b(a@1); 1 assign c(b@1)");
}

TEST_CASE("a task waits while an input has no place, and follows it at once") {
  Scenario s({1}, short_stock());
  for (const char* name : {"x", "y", "a"}) s.submit(name);
  s.submit("b", {.inputs = {"a"}});
  CHECK(s.said() == "1 assign x; 1 assign y");
  s.finish("x");
  CHECK(s.said() == "ended x; 1 assign a; 1 assign b(a@1)");
}

TEST_CASE("work that would wait behind much else goes to an idle worker, input and all") {
  Scenario s({1, 1});
  s.submit("data", {.worker = 1});
  s.finish("data", 10'000);
  for (int i = 0; i < 15; ++i) s.submit("busy" + std::to_string(i), {.worker = 1});
  s.said();
  s.submit("a", {.inputs = {"data"}});
  CHECK(s.said() == "2 assign a(data@1)");
}

TEST_CASE("a small value rides along and ties the task to no place") {
  Scenario s({1, 1});
  s.submit("a", {.worker = 1});
  s.finish("a", kSmall);
  s.submit("busy", {.worker = 1});
  s.said();
  s.submit("b", {.inputs = {"a"}});
  CHECK(s.said() == "2 assign b(a!)");
}

TEST_CASE("a small value does not travel to where it is already") {
  Scenario s({1});
  s.submit("a");
  s.finish("a", kSmall);
  s.said();
  s.submit("b", {.inputs = {"a"}});
  CHECK(s.said() == "1 assign b(a@1)");
}

TEST_CASE("a value that was brought to a worker once is there for the next task") {
  Scenario s({1, 1});
  s.submit("a", {.worker = 1});
  s.finish("a");
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.said();
  s.submit("c", {.inputs = {"a"}, .worker = 2});
  CHECK(s.said() == "2 assign c(a@2)");
}

TEST_CASE("an input that is used twice is fetched once") {
  Scenario s({1, 1});
  s.submit("x", {.worker = 1});
  s.said();
  s.submit("f", {.inputs = {"x", "x"}, .worker = 2});
  CHECK(s.said() == "2 assign f(x@1 x@2)");
  CHECK(s["x"].open_dependents == 2);
}

TEST_CASE("a value of rank 0 comes from there") {
  Scenario s({1});
  s.root_value("data");
  s.submit("a", {.inputs = {"data"}});
  CHECK(s.said() == "1 assign a(data@0)");
}

TEST_CASE("a pinned task goes to its worker, however much others have to do less") {
  Scenario s({1, 1});
  for (int i = 0; i < 3; ++i) s.submit("p" + std::to_string(i), {.worker = 2});
  CHECK(s.said() == "2 assign p0; 2 assign p1; 2 assign p2");
}

TEST_CASE("a worker that has its hands full gets the rest later, in order") {
  Scenario s({1, 1}, short_stock(2));
  for (const char* name : {"a", "b", "c", "d"}) s.submit(name, {.worker = 1});
  CHECK(s.said() == "1 assign a; 1 assign b");
  CHECK(s["c"].phase == Phase::parked);
  s.finish("b");
  CHECK(s.said() == "ended b; 1 assign c");
}

// --- priorities

TEST_CASE("among those that wait, the larger priority goes first, then who came first") {
  Scenario s({1}, short_stock());
  s.submit("x");
  s.submit("y");
  s.submit("low", {.priority = -1});
  s.submit("a");
  s.submit("b");
  s.said();
  for (const char* name : {"x", "y", "a", "b"}) s.finish(name);
  CHECK(s.said() == "ended x; 1 assign a; ended y; 1 assign b; ended a; 1 assign low; ended b");
}

TEST_CASE("a task of high priority is not kept waiting by a full stock of lower ones") {
  Scenario s({1}, short_stock());
  for (const char* name : {"x", "y", "z"}) s.submit(name);
  s.said();
  s.submit("urgent", {.priority = 5});
  CHECK(s.said() == "1 assign urgent");
  s.submit("urgent2", {.priority = 5});
  s.submit("urgent3", {.priority = 5});
  CHECK(s.said() == "1 assign urgent2");
}

// --- the life of values

TEST_CASE("a value dies with its last future") {
  Scenario s({1});
  s.submit("a");
  s.finish("a");
  CHECK(s.said() == "1 assign a; ended a");
  s.drop("a");
  CHECK(s.said() == "1 release a");
  CHECK(s.state.record_count() == 0);
}

TEST_CASE("a value outlives its future for the task that needs it") {
  Scenario s({1, 1});
  s.submit("a", {.worker = 1});
  s.finish("a");
  s.submit("b", {.inputs = {"a"}, .retries = 1, .worker = 1});
  s.said();
  s.drop("a");
  CHECK(s.said() == "");
  s.finish("b");
  CHECK(s.said() == "1 release a; ended b");
  CHECK(s.find("a") == nullptr);
}

TEST_CASE("a task whose future was dropped still runs, and its value is discarded") {
  Scenario s({1});
  s.submit("a");
  s.drop("a");
  CHECK(s.said() == "1 assign a");
  s.finish("a");
  CHECK(s.said() == "ended a; 1 release a");
  CHECK(s.state.open_tasks() == 0);
  CHECK(s.state.record_count() == 0);
}

TEST_CASE("all who have a copy are told that it is needed no longer") {
  Scenario s({1, 1, 1});
  s.submit("a", {.worker = 1});
  s.finish("a");
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.submit("c", {.inputs = {"a"}, .worker = 3});
  s.finish("b");
  s.finish("c");
  s.said();
  s.drop("a");
  CHECK(s.said() == "1 release a; 2 release a; 3 release a");
}

TEST_CASE("the last user may have the object itself: it is released ahead, also before it exists") {
  Scenario s({1});
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.said();
  s.drop("a");
  CHECK(s.said() == "1 release a");
  s.finish("a", kSmall);
  CHECK_FALSE(s["a"].small);  // nobody will ask for it
  s.finish("b");
  CHECK(s.said() == "ended a; ended b");
  CHECK(s.find("a") == nullptr);
}

TEST_CASE("the last user elsewhere may have its copy") {
  Scenario s({1, 1});
  s.submit("a", {.worker = 1});
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.said();
  s.drop("a");
  CHECK(s.said() == "2 release a");
  s.finish("a");
  s.finish("b");
  CHECK(s.said() == "ended a; 1 release a; ended b");
}

TEST_CASE("nothing is released ahead for a task that may need it again, or needs it twice") {
  Scenario s({1});
  s.submit("a");
  s.submit("again", {.inputs = {"a"}, .retries = 1});
  s.drop("a");
  s.submit("x");
  s.submit("twice", {.inputs = {"x", "x"}});
  s.drop("x");
  CHECK(s.said() == "1 assign a; 1 assign again(a@1); 1 assign x; 1 assign twice(x@1 x@1)");
}

TEST_CASE("a value that no future stands for cannot be submitted with") {
  Scenario s({1});
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.drop("a");
  CHECK_THROWS_AS(s.submit("c", {.inputs = {"a"}}), base::BrokenInvariant);
}

TEST_CASE("a value that many have used does not remember them all") {
  Scenario s({1});
  s.submit("a");
  s.finish("a");
  for (int i = 0; i < 1000; ++i) {
    s.submit("b", {.inputs = {"a"}});
    s.finish("b");
    s.drop("b");
  }
  CHECK(s["a"].dependents.size() < 10);
}

// --- failing

TEST_CASE("a failure ends all that need it, with the same failure") {
  Scenario s({1});
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.submit("c", {.inputs = {"b"}});
  s.said();
  s.fail("a");
  CHECK(s.said() == "ended a; 1 cancel b; ended b; 1 cancel c; ended c");
  CHECK(s["c"].failure() == s["a"].failure());
  CHECK(s["c"].failure()->failure.message == "a failed");
  CHECK(s.state.status(s["c"]) == Status::failed);
  CHECK(s.state.open_tasks() == 2);  // the worker has not answered yet
  s.stop("b");
  s.stop("c");
  CHECK(s.state.open_tasks() == 0);
}

TEST_CASE("what is submitted with a failed input has failed at once") {
  Scenario s({1});
  s.submit("a");
  s.fail("a");
  s.said();
  s.submit("b", {.inputs = {"a"}});
  CHECK(s.said() == "ended b");
  CHECK(s["b"].failure() == s["a"].failure());
}

TEST_CASE("a failed task does not come back to its worker as cancelled") {
  Scenario s({1});
  s.submit("a");
  s.said();
  s.fail("a");
  CHECK(s.said() == "ended a");
  CHECK(s.state.open_tasks() == 0);
}

TEST_CASE("a failure passes by dependents that are forgotten") {
  Scenario s({1});
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.cancel("b");
  s.stop("b");
  s.drop("b");
  CHECK(s.find("b") == nullptr);
  s.said();
  s.fail("a");
  CHECK(s.said() == "ended a");
}

TEST_CASE("who fetches the value of a failed task is told that there will be none") {
  Scenario s({1, 1});
  s.submit("a", {.worker = 1});
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  s.said();
  s.fail("a");
  CHECK(s.said() == "2 release a; ended a; 2 cancel b; ended b");
}

TEST_CASE("a task that fails is tried again as often as was asked for") {
  Scenario s({1});
  s.submit("a", {.retries = 2});
  s.fail("a");
  s.fail("a");
  CHECK(s.said() == "1 assign a; 1 assign a; 1 assign a");
  CHECK(s["a"].attempt == 2);
  s.fail("a");
  CHECK(s.said() == "ended a");
}

TEST_CASE("a retried task that moves takes along who waits for it") {
  Scenario s({1, 1});
  s.submit("a", {.retries = 1});
  s.submit("b", {.inputs = {"a"}, .worker = 1});
  s.submit("c", {.inputs = {"a"}, .worker = 2});
  for (int i = 0; i < 9; ++i) s.submit("busy" + std::to_string(i), {.worker = 1});
  s.said();
  s.fail("a");
  CHECK(s.said() == "2 assign a; 1 relocate a to 2");
}

TEST_CASE("failures that nobody looked at are known, those of dependents and cancelled ones are not others") {
  Scenario s({1});
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.submit("c");
  s.cancel("c");
  s.fail("a");
  REQUIRE(s.state.unseen_failures().size() == 1);
  CHECK(s.state.unseen_failures()[0]->message == "a failed");
  s["b"].failure()->looked_at = true;
  CHECK(s.state.unseen_failures().empty());
}

// --- cancelling

TEST_CASE("cancelling ends what waits and what needs it, and nothing else") {
  Scenario s({1}, short_stock());
  for (const char* name : {"x", "y", "a", "other"}) s.submit(name);
  s.submit("b", {.inputs = {"a"}});
  s.said();
  s.cancel("a");
  CHECK(s.said() == "ended a; ended b");
  CHECK(s.state.status(s["b"]) == Status::cancelled);
  CHECK(s.state.status(s["other"]) == Status::pending);
  CHECK(s.state.unseen_failures().empty());
}

TEST_CASE("a running task that is cancelled keeps its slot until it returns") {
  Scenario s({1}, short_stock());
  for (const char* name : {"a", "b", "c"}) s.submit(name);
  s.start("a");
  CHECK(s.state.status(s["a"]) == Status::running);
  s.said();
  s.cancel("a");
  CHECK(s.said() == "1 cancel a; ended a");
  CHECK(s.state.status(s["a"]) == Status::cancelled);
  s.drop("a");
  CHECK(s.find("a") != nullptr);
  s.stop("a");
  CHECK(s.said() == "1 assign c");
  CHECK(s.find("a") == nullptr);
}

TEST_CASE("a task that finished before it heard of its cancelling stays cancelled, and its value is let go") {
  Scenario s({1});
  s.submit("a");
  s.cancel("a");
  s.said();
  s.finish("a");
  CHECK(s.said() == "1 release a");
  CHECK(s.state.status(s["a"]) == Status::cancelled);
}

TEST_CASE("cancelling what has ended changes nothing") {
  Scenario s({1});
  s.submit("a");
  s.finish("a");
  s.said();
  s.cancel("a");
  CHECK(s.said() == "");
  CHECK(s.state.status(s["a"]) == Status::finished);
}

// --- broadcasting

TEST_CASE("a broadcast goes down a tree and has ended once all have it") {
  Scenario s({1, 1, 1, 1});
  s.submit("a", {.broadcast = true});
  CHECK(s.said() == "1 assign a; 2 hold a from 1; 3 hold a from 1; 4 hold a from 2");
  s.finish("a");
  s.held(2, "a");
  s.held(2, "a");
  s.held(3, "a");
  CHECK(s.said() == "");
  CHECK(s.state.status(s["a"]) == Status::running);
  s.held(4, "a");
  CHECK(s.said() == "ended a");
  CHECK(s.state.status(s["a"]) == Status::finished);
}

TEST_CASE("a broadcast value is everywhere for a task, even before it is") {
  Scenario s({1, 1});
  s.submit("a", {.broadcast = true});
  s.said();
  s.submit("b", {.inputs = {"a"}, .worker = 2});
  CHECK(s.said() == "2 assign b(a@2)");
}

TEST_CASE("a broadcast that fails leaves nobody waiting") {
  Scenario s({1, 1, 1});
  s.submit("a", {.broadcast = true});
  s.said();
  s.fail("a");
  CHECK(s.said() == "2 release a; 3 release a; ended a");
}

TEST_CASE("a broadcast nobody wants any more is let go of once it has come everywhere") {
  Scenario s({1, 1});
  s.submit("a", {.broadcast = true});
  s.drop("a");
  s.finish("a");
  CHECK(s.said() == "1 assign a; 2 hold a from 1");
  s.held(2, "a");
  CHECK(s.said() == "ended a; 1 release a; 2 release a");
  CHECK(s.state.record_count() == 0);
}

// --- telling people

TEST_CASE("who waits for whom is told in words") {
  Scenario s({1}, short_stock());
  s.submit("a");
  s.submit("b", {.inputs = {"a"}});
  s.start("a");
  const std::vector<std::string> lines = s.state.who_waits(10);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "task 0.1 'a' runs on rank 1");
  CHECK(lines[1] == "task 1.1 'b' was given to rank 1 for task 0.1 'a'");
}

// --- futures before their tasks

TEST_CASE("a reserved task is open, waits, and runs once it is filled") {
  Scenario s({1, 1});
  s.reserve("a");
  CHECK(s.state.open_tasks() == 1);
  CHECK(s.state.status(s["a"]) == Status::pending);
  s.submit("b", {.inputs = {"a"}});
  CHECK(s.said() == "");
  s.submit("c");
  s.fill("a", {.inputs = {"c"}});
  CHECK(s.said() == "1 assign c; 1 assign a(c@1); 1 assign b(a@1)");
}

TEST_CASE("a reserved task that is cancelled takes its dependents along, and is not filled any more") {
  Scenario s({1});
  s.reserve("a");
  s.submit("b", {.inputs = {"a"}});
  s.cancel("a");
  CHECK(s.said() == "ended a; ended b");
  s.fill("a", {});
  CHECK(s.said() == "");
  CHECK(s.state.open_tasks() == 0);
}

TEST_CASE("a reserved task runs, too, if nobody has its future any more") {
  Scenario s({1});
  s.reserve("a");
  s.drop("a");
  CHECK(s.state.open_tasks() == 1);
  s.fill("a", {});
  CHECK(s.said() == "1 assign a");
  s.finish("a");
  CHECK(s.state.record_count() == 0);
}

TEST_CASE("a reserved task that gets a failed input fails") {
  Scenario s({1});
  s.reserve("a");
  s.submit("b");
  s.fail("b");
  s.fill("a", {.inputs = {"b"}});
  CHECK(s.state.status(s["a"]) == Status::failed);
}

}  // namespace cohort::scheduler
