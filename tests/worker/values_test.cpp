// WorkerState: where values come from, who gets them, and when they are let go.
#include <doctest/doctest.h>

#include "base/broken_invariant.hpp"
#include "worker/scenario.hpp"

namespace cohort::worker {

// --- fetched

TEST_CASE("what was fetched is there for the next task") {
  Scenario w;
  w.assign("b", {"a@2"});
  w.arrives("a", 1);
  w.said();
  w.assign("c", {"a@1"});
  CHECK(w.said() == "");
  CHECK(w.start() == "b(a)");
  CHECK(w.start() == "c(a)");
}

TEST_CASE("a value nobody waits for is not kept") {
  Scenario w;
  CHECK_FALSE(w.arrives("a", 1));
  CHECK(w.state.entry_count() == 0);
}

// --- relocated

TEST_CASE("whoever has the value, or is to make it, ignores where else it will be") {
  Scenario w;
  w.assign("made");
  w.run("made");
  w.assign("coming");
  w.relocate("made", 3);
  w.relocate("coming", 3);
  CHECK(w.said() == "");
}

TEST_CASE("a relocated value is fetched also where no task waits for it now") {
  Scenario w;
  w.relocate("a", 3);
  CHECK(w.said() == "fetch a#1 from 3");
  CHECK(w.arrives("a", 1));
  CHECK(w.state.entry_count() == 1);
}

// --- asked for by others

TEST_CASE("whoever asks for a value that is on its way here gets it when it has come") {
  Scenario w;
  w.assign("b", {"a@2"});
  w.fetch(3, "a", 7);
  w.said();
  w.arrives("a", 1);
  CHECK(w.said() == "send a#7 to 3");
}

TEST_CASE("a request that was taken back is not answered, others are") {
  Scenario w;
  w.assign("a");
  w.fetch(2, "a", 7);
  w.fetch(2, "a", 8);
  w.fetch(3, "a", 7);
  w.unfetch(2, "a", 7);
  w.start();
  w.finish("a");
  CHECK(w.said() == "send a#8 to 2; send a#7 to 3");
}

TEST_CASE("taking back a request that was answered, or never came, changes nothing") {
  Scenario w;
  w.assign("a");
  w.run("a");
  w.fetch(2, "a", 7);
  w.unfetch(2, "a", 7);
  w.unfetch(2, "unknown", 7);
  CHECK(w.said() == "send a#7 to 2");
  CHECK(w.state.entry_count() == 1);
}

TEST_CASE("a lost peer is sent nothing") {
  Scenario w;
  w.assign("a");
  w.fetch(2, "a", 7);
  w.fetch(3, "a", 8);
  w.lose(2);
  w.start();
  w.finish("a");
  CHECK(w.said() == "send a#8 to 3");
}

// --- held

TEST_CASE("a value to be held is fetched, and its arrival reported once") {
  Scenario w;
  w.hold("a", 2);
  CHECK(w.said() == "fetch a#1 from 2");
  w.arrives("a", 1);
  CHECK(w.said() == "held a");
  CHECK(w.state.entry_count() == 1);
}

TEST_CASE("a value to be held that is let go of is waited for no longer") {
  Scenario w;
  w.hold("a", 2);
  w.said();
  w.release("a");
  CHECK(w.said() == "unfetch a#1 from 2");
  CHECK(w.state.entry_count() == 0);
}

TEST_CASE("a value that is made here is reported too if it is to be held") {
  Scenario w;
  w.assign("a");
  w.hold("a", 2);
  w.start();
  CHECK(w.said() == "");
  w.finish("a");
  CHECK(w.said() == "held a");
}

// --- released

TEST_CASE("a value released before it exists goes as soon as it does, after those that asked for it have it") {
  Scenario w;
  w.assign("a");
  w.fetch(2, "a", 7);
  w.release("a");
  w.start();
  w.finish("a");
  CHECK(w.said() == "send a#7 to 2; drop a");
  CHECK(w.state.entry_count() == 0);
}

TEST_CASE("a release does not mean the early request for another life of the value") {
  Scenario w;
  w.fetch(2, "a", 7);
  w.release("a");
  w.assign("a");
  w.start();
  w.finish("a");
  CHECK(w.said() == "send a#7 to 2");
}

TEST_CASE("the last user elsewhere is given its own copy") {
  Scenario w;
  w.assign("b", {"a@2"});
  w.release("a");
  w.arrives("a", 1);
  CHECK(w.start() == "b(a&&)");
}

TEST_CASE("of two users only the last is given a released value") {
  Scenario w;
  w.assign("b", {"a!"});
  w.assign("c", {"a@1"});
  w.release("a");
  CHECK(w.start() == "b(a)");
  w.finish("b");
  CHECK(w.start() == "c(a&&)");
}

TEST_CASE("a new user takes back that a value was released") {
  Scenario w;
  w.assign("b", {"a!"});
  w.release("a");
  w.assign("c", {"a@1"});
  CHECK(w.start() == "b(a)");
  CHECK(w.start() == "c(a)");
  w.finish("b");
  w.finish("c");
  CHECK(w.said() == "");
}

TEST_CASE("a cancelled last user lets go of what was released for it") {
  Scenario w;
  w.assign("b", {"a!"});
  w.release("a");
  w.cancel("b");
  CHECK(w.said() == "drop a; cancelled b, attempt 0");
  CHECK(w.state.entry_count() == 0);
}

}  // namespace cohort::worker
