#include <doctest/doctest.h>

#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "worker/worker_state.hpp"

namespace cohort::worker {

namespace {

constexpr TaskId a{1, 1};
constexpr TaskId b{2, 1};
constexpr TaskId c{3, 1};
constexpr TaskId x{10, 1};
constexpr TaskId y{11, 1};

/// Worker 1, whose messages are kept as text: "fetch x from 2 (1)", the number being the ticket.
struct Scenario : Outbox {
  WorkerState state{*this, 1};
  std::string text;
  std::vector<StartedTask> running;

  void assign(TaskId id, std::vector<AssignedInput> inputs = {}, int priority = 0) {
    state.on_assign(id, 0, priority, {}, inputs);
    state.check_invariants();
  }
  /// A slot takes the next task; which it is.
  TaskId start() {
    running.push_back(state.take_ready().value());
    state.check_invariants();
    return running.back().id;
  }
  bool end(TaskId id, WorkerState::End how = WorkerState::End::finished) {
    for (auto it = running.begin(); it != running.end(); ++it) {
      if (it->id != id) continue;
      const StartedTask task = std::move(*it);
      running.erase(it);
      const bool counts = state.on_ended(task, how);
      state.check_invariants();
      return counts;
    }
    throw std::logic_error("it does not run");
  }
  void run(TaskId id) {
    assign(id);
    start();
    end(id);
  }
  void arrive(TaskId id, std::uint64_t ticket) {
    CHECK(state.on_value(id, ticket, {}));
    state.check_invariants();
  }
  /// Any other event.
  template <class... Parameters>
  void on(void (WorkerState::*event)(Parameters...), std::type_identity_t<Parameters>... args) {
    (state.*event)(args...);
    state.check_invariants();
  }
  std::string said() { return std::exchange(text, {}); }

  void say(const std::string& verb, TaskId id, const std::string& more = "") {
    static const std::map<TaskId, std::string> kNames{{a, "a"}, {b, "b"}, {c, "c"}, {x, "x"}, {y, "y"}};
    text += (text.empty() ? "" : "; ") + verb + " " + kNames.at(id) + more;
  }
  static std::string from(Address who, std::uint64_t ticket) {
    return " from " + std::to_string(who) + " (" + std::to_string(ticket) + ")";
  }
  void fetch(Address who, TaskId id, std::uint64_t ticket) override { say("fetch", id, from(who, ticket)); }
  void unfetch(Address who, TaskId id, std::uint64_t ticket) override { say("unfetch", id, from(who, ticket)); }
  void send_value(Address to, TaskId id, std::uint64_t ticket) override {
    say("send", id, " to " + std::to_string(to) + " (" + std::to_string(ticket) + ")");
  }
  void drop_value(TaskId id, StoredValue) override { say("drop", id); }
  void request_stop(TaskId id) override { say("stop", id); }
  void cancelled(TaskId id, std::uint32_t) override { say("cancelled", id); }
  void recalled(TaskId id) override { say("recalled", id); }
  void held(TaskId id) override { say("held", id); }
};

using State = WorkerState;

}  // namespace

TEST_CASE("a task without inputs is ready at once") {
  Scenario s;
  s.assign(a);
  CHECK(s.state.any_ready());
  CHECK(s.start() == a);
  CHECK_FALSE(s.state.take_ready().has_value());
  CHECK(s.state.running() == 1);
  CHECK(s.end(a));
  CHECK(s.state.open_tasks() == 0);
}

TEST_CASE("ready tasks go by priority, and in order among equals") {
  Scenario s;
  s.assign(a);
  s.assign(b);
  s.assign(c, {}, 3);
  CHECK(s.start() == c);
  CHECK(s.start() == a);
  CHECK(s.start() == b);
}

TEST_CASE("what a task needs from here it gets when it is made, without a message") {
  Scenario s;
  s.assign(a);
  s.assign(b, {{a, 1}});
  CHECK(s.start() == a);
  CHECK_FALSE(s.state.any_ready());
  s.end(a);
  CHECK(s.start() == b);
  CHECK(s.said() == "");
}

TEST_CASE("what is elsewhere is fetched on arrival of the task, and once") {
  Scenario s;
  s.assign(a, {{x, 2}, {x, 1}});
  s.assign(b, {{x, 1}});
  CHECK(s.said() == "fetch x from 2 (1)");
  CHECK(s.state.expects(x, 1));
  s.arrive(x, 1);
  CHECK(s.start() == a);
  CHECK(s.start() == b);
}

TEST_CASE("a value that rides along makes the task ready, and calls off a fetch") {
  Scenario s;
  s.assign(a, {{x, 2}});
  s.said();
  s.assign(b, {{x, 2, true}});
  CHECK(s.said() == "unfetch x from 2 (1)");
  CHECK(s.start() == a);
  CHECK(s.start() == b);
}

TEST_CASE("a fetch is answered when the value is made, even if it came before the task") {
  Scenario s;
  s.on(&State::on_fetch, 3, a, 7);
  s.assign(a);
  s.on(&State::on_fetch, 2, a, 5);
  s.start();
  s.end(a);
  CHECK(s.said() == "send a to 3 (7); send a to 2 (5)");
  s.on(&State::on_fetch, 2, a, 6);
  CHECK(s.said() == "send a to 2 (6)");
}

TEST_CASE("a fetch that was called off is not answered, and leaves nothing behind") {
  Scenario s;
  s.on(&State::on_fetch, 3, a, 7);
  s.on(&State::on_unfetch, 3, a, 7);
  CHECK(s.state.entry_count() == 0);
}

TEST_CASE("a lost peer waits for nothing") {
  Scenario s;
  s.on(&State::on_fetch, 3, a, 7);
  s.on(&State::on_peer_lost, 3);
  CHECK(s.state.entry_count() == 0);
}

TEST_CASE("a value is kept until it is released and no task here uses it") {
  Scenario s;
  s.run(a);
  s.assign(b, {{a, 1}});
  s.start();
  s.on(&State::on_release, a);
  CHECK(s.said() == "");
  s.end(b);
  CHECK(s.said() == "drop a");
  s.on(&State::on_release, b);
  CHECK(s.said() == "drop b");
  CHECK(s.state.entry_count() == 0);
}

TEST_CASE("a value that was released before it was made is let go of when it is") {
  Scenario s;
  s.assign(a);
  s.on(&State::on_release, a);
  s.start();
  s.end(a);
  CHECK(s.said() == "drop a");
  CHECK(s.state.entry_count() == 0);
}

TEST_CASE("the last user may move from the value, and nobody is sent it any more") {
  Scenario s;
  s.run(a);
  s.assign(b, {{a, 1}});
  s.on(&State::on_release, a);
  s.start();
  CHECK(s.running[0].inputs[0].may_move);
  s.on(&State::on_fetch, 3, a, 7);  // sent long ago, called off since
  CHECK(s.said() == "");
  s.end(b);
  s.on(&State::on_unfetch, 3, a, 7);
  CHECK(s.said() == "drop a");
  CHECK(s.state.entry_count() == 1);
}

TEST_CASE("nobody may move from a value that others use, or that is used twice, or not released") {
  Scenario s;
  for (const TaskId id : {a, b, c}) s.run(id);
  s.assign(x, {{a, 1}, {b, 1}, {b, 1}, {c, 1}});
  s.assign(y, {{a, 1}});
  s.on(&State::on_release, a);
  s.on(&State::on_release, b);
  s.start();
  for (const StartedTask::Input& input : s.running[0].inputs) CHECK_FALSE(input.may_move);
}

TEST_CASE("a value that was given away and is needed again is fetched again") {
  Scenario s;
  s.assign(a, {{x, 2}});
  s.arrive(x, 1);
  s.on(&State::on_release, x);
  s.start();
  CHECK(s.running[0].inputs[0].may_move);
  s.said();
  s.assign(b, {{x, 2}});
  CHECK(s.said() == "fetch x from 2 (2)");
  s.arrive(x, 2);
  s.end(a);
  CHECK(s.start() == b);
  CHECK(s.said() == "");
}

TEST_CASE("a task that has not started is given back with what was released for it") {
  Scenario s;
  s.run(a);
  s.assign(b, {{a, 1}});
  s.on(&State::on_release, a);
  s.on(&State::on_recall, b);
  CHECK(s.said() == "recalled b");
  CHECK_FALSE(s.state.take_ready().has_value());
  s.on(&State::on_release, a);
  CHECK(s.said() == "drop a");
}

TEST_CASE("a task that runs, has ended or is unknown is not given back") {
  Scenario s;
  s.run(b);
  s.assign(a);
  s.start();
  for (const TaskId id : {a, b, c}) s.on(&State::on_recall, id);
  CHECK(s.said() == "");
}

TEST_CASE("who needs the value of a task that was given back is told of the new place and fetches it there") {
  Scenario s;
  s.assign(a);
  s.assign(b, {{a, 1}});
  s.on(&State::on_recall, a);
  s.on(&State::on_relocate, a, {}, 3);
  CHECK(s.said() == "recalled a; fetch a from 3 (1)");
  s.arrive(a, 1);
  CHECK(s.start() == b);
}

TEST_CASE("a task that comes while its input is between places waits to be told") {
  Scenario s;
  s.assign(a);
  s.on(&State::on_recall, a);
  s.assign(b, {{a, 1}});
  s.said();
  s.on(&State::on_relocate, a, {}, 3);
  CHECK(s.said() == "fetch a from 3 (1)");
}

TEST_CASE("an answer to a fetch that was called off is not what is waited for") {
  Scenario s;
  s.assign(a, {{x, 2}});
  s.on(&State::on_relocate, x, {}, 3);
  CHECK(s.said() == "fetch x from 2 (1); unfetch x from 2 (1); fetch x from 3 (2)");
  CHECK_FALSE(s.state.expects(x, 1));
  CHECK(s.state.expects(x, 2));
}

TEST_CASE("a value is fetched from its new place even where no task waits: one will") {
  Scenario s;
  s.assign(a, {{x, 2}});
  s.on(&State::on_recall, a);
  s.said();
  s.on(&State::on_relocate, x, {}, 3);
  CHECK(s.said() == "unfetch x from 2 (1); fetch x from 3 (2)");
  s.on(&State::on_release, x);
  CHECK(s.said() == "unfetch x from 3 (2)");
  CHECK(s.state.entry_count() == 0);
}

TEST_CASE("a task that arrives where its value was fetched makes it instead") {
  Scenario s;
  s.assign(b, {{a, 2}});
  s.said();
  s.assign(a);
  CHECK(s.said() == "unfetch a from 2 (1)");
  s.start();
  s.end(a);
  CHECK(s.start() == b);
}

TEST_CASE("cancelling drops what has not started, and tells what runs to stop") {
  Scenario s;
  s.assign(a);
  s.assign(b);
  s.start();
  s.on(&State::on_cancel, a);
  s.on(&State::on_cancel, b);
  CHECK(s.said() == "stop a; cancelled b");
  CHECK_FALSE(s.end(a));
  CHECK(s.said() == "drop a");  // what it returned all the same
  CHECK(s.state.entry_count() == 0);
}

TEST_CASE("a cancelled task that fails leaves nothing to drop") {
  Scenario s;
  s.assign(a);
  s.start();
  s.on(&State::on_cancel, a);
  s.said();
  CHECK_FALSE(s.end(a, State::End::failed));
  CHECK(s.said() == "");
}

TEST_CASE("cancelling what has ended changes nothing") {
  Scenario s;
  s.run(a);
  s.on(&State::on_cancel, a);
  CHECK(s.said() == "");
}

TEST_CASE("a fetch for a task that is cancelled is called off once the input is released") {
  Scenario s;
  s.assign(a, {{x, 2}});
  s.on(&State::on_cancel, a);
  s.on(&State::on_release, x);
  CHECK(s.said() == "fetch x from 2 (1); cancelled a; unfetch x from 2 (1)");
  CHECK(s.state.entry_count() == 0);
}

TEST_CASE("a failed task has no value to send; who waits is told of another") {
  Scenario s;
  s.on(&State::on_fetch, 2, a, 5);
  s.assign(a);
  s.start();
  CHECK(s.end(a, State::End::failed));
  CHECK(s.said() == "");
  CHECK(s.state.entry_count() == 0);
}

TEST_CASE("a value that is to be held is fetched and reported") {
  Scenario s;
  s.on(&State::on_hold, x, {}, 2);
  s.on(&State::on_fetch, 3, x, 9);  // from further down the tree
  s.arrive(x, 1);
  CHECK(s.said() == "fetch x from 2 (1); held x; send x to 3 (9)");
  s.on(&State::on_hold, x, {}, 2);
  CHECK(s.said() == "held x");
  s.on(&State::on_release, x);
  CHECK(s.said() == "drop x");
}

TEST_CASE("an earlier copy does not outlive the task that was to make it again and was taken back") {
  Scenario s;
  s.assign(b, {{x, 2}});
  s.arrive(x, 1);
  s.start();
  s.end(b);
  s.said();
  s.assign(x);
  s.on(&State::on_recall, x);
  CHECK(s.said() == "drop x; recalled x");
}

TEST_CASE("what waits for what is told in words") {
  Scenario s;
  s.assign(a, {{x, 2}});
  CHECK(s.state.who_waits(5) == std::vector<std::string>{"task 1.1 waits for 10.1 from member 2"});
}

}  // namespace cohort::worker
