// WorkerState: how tasks start and leave; continues worker_state_test.cpp.
#include <doctest/doctest.h>

#include "base/broken_invariant.hpp"
#include "worker/scenario.hpp"

namespace cohort::worker {

TEST_CASE("a started task brings its work and its attempt to the slot") {
  Scenario w;
  w.assign("a", {}, 0, 3);
  w.start();
  CHECK(w.running("a").work->label == "a");
  CHECK(w.running("a").attempt == 3);
}

TEST_CASE("a task waits for the last of its inputs") {
  Scenario w;
  w.assign("c", {"a@2", "b@3"});
  w.arrives("b", 2);
  CHECK(w.start() == "");
  w.arrives("a", 1);
  CHECK(w.start() == "c(a b)");
}

TEST_CASE("a task may be assigned before the one that makes its input here") {
  Scenario w;
  w.assign("b", {"a@1"});
  w.assign("a");
  w.run("a");
  CHECK(w.start() == "b(a)");
}

TEST_CASE("an input that is used twice makes its task ready once") {
  Scenario w;
  w.assign("f", {"x@2", "x@2"});
  w.arrives("x", 1);
  CHECK(w.start() == "f(x x)");
  CHECK(w.start() == "");
}

TEST_CASE("who became ready later starts later, whoever was assigned first") {
  Scenario w;
  w.assign("first", {"a@2"});
  w.assign("second");
  w.arrives("a", 1);
  CHECK(w.start() == "second");
  CHECK(w.start() == "first(a)");
}

TEST_CASE("who waits here for a failed task waits on, for another attempt") {
  Scenario w;
  w.assign("a");
  w.assign("b", {"a@1"});
  w.start();
  w.fail("a");
  CHECK(w.start() == "");
  w.assign("a", {}, 0, 1);
  w.run("a");
  CHECK(w.start() == "b(a)");
}

TEST_CASE("nothing is left of a failed task once those that needed it are cancelled") {
  Scenario w;
  w.assign("a");
  w.assign("b", {"a@1"}, 0, 2);
  w.start();
  w.fail("a");
  w.cancel("b");
  CHECK(w.said() == "cancelled b, attempt 2");
  CHECK(w.state.entry_count() == 0);
}

TEST_CASE("a task cannot end that does not run") {
  Scenario w;
  w.assign("a");
  w.start();
  w.fail("a");
  CHECK_THROWS_AS(w.fail("a"), base::BrokenInvariant);
}

TEST_CASE("the arrival of an input passes by the task that was given back") {
  Scenario w;
  w.assign("b", {"a@2"});
  w.assign("c", {"a@2"});
  w.recall("b");
  w.arrives("a", 1);
  CHECK(w.start() == "c(a)");
  CHECK(w.start() == "");
}

TEST_CASE("a task that comes back after its recall starts once") {
  Scenario w;
  w.assign("a");
  w.recall("a");
  w.assign("a");
  CHECK(w.start() == "a");
  CHECK(w.start() == "");
}

TEST_CASE("who asked here for the value of a recalled task will ask elsewhere") {
  Scenario w;
  w.assign("a");
  w.fetch(2, "a", 7);
  w.recall("a");
  CHECK(w.said() == "recalled a");
  CHECK(w.state.entry_count() == 0);
}

TEST_CASE("what is ready, runs and was asked to stop is told in words") {
  Scenario w;
  w.assign("a");
  w.start();
  w.cancel("a");
  w.assign("b");
  CHECK(w.state.who_waits(10) ==
        std::vector<std::string>{"task 0.1 'a' runs, and was asked to stop", "task 1.1 'b' waits for a free slot"});
  CHECK(w.state.who_waits(1).size() == 1);
}

TEST_CASE("something tells the type of a value that is on its way, so that it can be decoded") {
  Scenario w;
  w.assign("b", {"x!", "a@2"});
  const auto clue = [&] { return w.state.type_clue(w.id_of("a")); };
  const auto tells_of_b = [&] {
    REQUIRE(clue().used_by != nullptr);
    CHECK(clue().used_by->label == "b");
    CHECK(std::vector<TaskId>(clue().inputs.begin(), clue().inputs.end()) ==
          std::vector<TaskId>{w.id_of("x"), w.id_of("a")});
  };
  tells_of_b();
  SUBCASE("it stays known when that one is given up") {
    w.recall("b");
    tells_of_b();
    w.arrives("a", 1);
  }
  SUBCASE("the kind of the task that makes it is as good") {
    w.relocate("a", 3);
    CHECK(clue().used_by == nullptr);
    REQUIRE(clue().made_by != nullptr);
    CHECK(*clue().made_by == Scenario::kMaker);
    w.arrives("a", 2);
  }
  CHECK(clue().used_by == nullptr);
  CHECK(clue().made_by == nullptr);
}

}  // namespace cohort::worker
