#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "worker/worker_state.hpp"

namespace cohort::worker {

/// The WorkerState of member 1 with tasks called by name, whose messages are kept as text. Invariants are checked after
/// each event.
///
/// Messages: "fetch a#1 from 2", "unfetch a#1 from 2", "send a#7 to 2" (the number is the ticket), "drop a", "stop a",
/// "cancelled a, attempt 0", "recalled a", "held a".
class Scenario : public Outbox {
 public:
  /// The kind of task that makes what is held or relocated.
  static constexpr detail::CodeAddress kMaker{42};

  Scenario() : state(*this, kSelf) {}

  // --- the scheduler
  /// An input is "a@2" (member 2 has it, or will) or "a!" (it came along).
  void assign(const std::string& name, const std::vector<std::string>& inputs = {}, int priority = 0,
              std::uint32_t attempt = 0) {
    std::vector<AssignedInput> assigned;
    for (const std::string& input : inputs) {
      const std::size_t end = input.find_first_of("@!");
      const bool here = input[end] == '!';
      assigned.push_back({id_of(input.substr(0, end)), here ? 0 : std::stoi(input.substr(end + 1)), here});
    }
    state.on_assign(id_of(name), attempt, priority, {{}, name, {}}, assigned);
    state.check_invariants();
  }
  void release(const std::string& name) { checked(&WorkerState::on_release, name); }
  void recall(const std::string& name) { checked(&WorkerState::on_recall, name); }
  void cancel(const std::string& name) { checked(&WorkerState::on_cancel, name); }
  void relocate(const std::string& name, Address holder) {
    state.on_relocate(id_of(name), kMaker, holder);
    state.check_invariants();
  }
  void hold(const std::string& name, Address holder) {
    state.on_hold(id_of(name), kMaker, holder);
    state.check_invariants();
  }

  // --- peers
  void fetch(Address from, const std::string& name, std::uint64_t ticket) {
    state.on_fetch(from, id_of(name), ticket);
    state.check_invariants();
  }
  void unfetch(Address from, const std::string& name, std::uint64_t ticket) {
    state.on_unfetch(from, id_of(name), ticket);
    state.check_invariants();
  }
  void lose(Address peer) {
    state.on_peer_lost(peer);
    state.check_invariants();
  }
  /// Whether the value was waited for; what was not is thrown away.
  bool arrives(const std::string& name, std::uint64_t ticket) {
    const bool was_expected = state.expects(id_of(name), ticket);
    CHECK(state.on_value(id_of(name), ticket, {}) == was_expected);
    state.check_invariants();
    return was_expected;
  }

  // --- slots
  /// What a free slot takes, as "b(a x&&)": x is given away; empty if nothing is ready.
  std::string start() {
    std::optional<StartedTask> task = state.take_ready();
    state.check_invariants();
    if (!task) return {};
    std::string text = name_of(task->id);
    const char* before = "(";
    for (const StartedTask::Input& input : task->inputs) {
      text += before + name_of(input.id) + (input.may_move ? "&&" : "");
      before = " ";
    }
    if (!task->inputs.empty()) text += ")";
    running_[name_of(task->id)] = std::move(*task);
    return text;
  }
  /// False: it is to be reported as cancelled.
  bool finish(const std::string& name) { return end(name, WorkerState::End::finished); }
  bool fail(const std::string& name) { return end(name, WorkerState::End::failed); }
  /// Runs a task that is ready, to its end, and forgets what was said.
  void run(const std::string& name) {
    REQUIRE(start() == name);
    finish(name);
    said();
  }

  /// What was said since the last call, joined by "; ".
  std::string said() { return std::exchange(said_, {}); }
  const StartedTask& running(const std::string& name) const { return running_.at(name); }
  TaskId id_of(const std::string& name) {
    const auto [it, added] = ids_.try_emplace(name, TaskId{static_cast<std::uint32_t>(ids_.size()), 1});
    if (added) names_[it->second] = name;
    return it->second;
  }

  static constexpr Address kSelf = 1;

 private:
  void checked(void (WorkerState::*event)(TaskId), const std::string& name) {
    (state.*event)(id_of(name));
    state.check_invariants();
  }
  bool end(const std::string& name, WorkerState::End end) {
    const bool counts = state.on_ended(running_.at(name), end);
    state.check_invariants();
    return counts;
  }
  const std::string& name_of(TaskId id) const { return names_.at(id); }
  std::string ticketed(TaskId id, std::uint64_t ticket) const { return name_of(id) + "#" + std::to_string(ticket); }
  void say(const std::string& text) { said_ += (said_.empty() ? "" : "; ") + text; }

  void fetch(Address from, TaskId id, std::uint64_t ticket) override {
    say("fetch " + ticketed(id, ticket) + " from " + std::to_string(from));
  }
  void unfetch(Address from, TaskId id, std::uint64_t ticket) override {
    say("unfetch " + ticketed(id, ticket) + " from " + std::to_string(from));
  }
  void send_value(Address to, TaskId id, std::uint64_t ticket) override {
    say("send " + ticketed(id, ticket) + " to " + std::to_string(to));
  }
  void drop_value(TaskId id, StoredValue) override { say("drop " + name_of(id)); }
  void request_stop(TaskId id) override { say("stop " + name_of(id)); }
  void cancelled(TaskId id, std::uint32_t attempt) override {
    say("cancelled " + name_of(id) + ", attempt " + std::to_string(attempt));
  }
  void recalled(TaskId id) override { say("recalled " + name_of(id)); }
  void held(TaskId id) override { say("held " + name_of(id)); }

  std::map<std::string, TaskId> ids_;
  std::map<TaskId, std::string> names_;
  std::map<std::string, StartedTask> running_;
  std::string said_;

 public:
  WorkerState state;
};

}  // namespace cohort::worker
