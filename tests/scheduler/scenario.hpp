#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/scheduler_state.hpp"

namespace cohort::scheduler {

/// A SchedulerState with tasks called by name, whose messages are kept as text. Invariants are checked after each
/// event.
///
/// Messages: "1 assign b(a@2)": run b on worker 1, a comes from member 2; "(a!)": a's value goes along; "1 release a";
/// "1 recall a"; "1 cancel a"; "1 relocate a to 2"; "1 hold a from 2"; "ended a".
class Scenario : public Outbox {
 public:
  struct Task {
    std::vector<std::string> inputs = {};
    int priority = 0;
    int retries = 0;
    std::optional<Address> worker = std::nullopt;
    bool broadcast = false;
    int kind = 0;     ///< tasks of one kind are thought to take equally long
    Time expected{};  ///< unless it is said how long this one takes
  };

  explicit Scenario(const std::vector<int>& slots, SchedulerOptions options = {});

  // --- the client
  void submit(const std::string& name, Task task);
  void submit(const std::string& name) { submit(name, Task{}); }
  void reserve(const std::string& name);
  void fill(const std::string& name, Task task);
  void root_value(const std::string& name);
  void drop(const std::string& name);
  void cancel(const std::string& name);

  // --- the workers; which one follows from the task's place
  void finish(const std::string& name, std::uint64_t value_bytes = kLarge,
              Time duration = std::chrono::microseconds(200));
  void fail(const std::string& name);
  void stop(const std::string& name);  ///< ends as cancelled
  void give_back(const std::string& name);
  void start(const std::string& name);
  void held(Address worker, const std::string& name);
  void lose(Address worker);
  void tick(Time later);
  /// From now on only what is expected to end within `left` is started.
  void close(Time left);

  /// What was said since the last call, joined by "; ".
  std::string said();
  const TaskRecord* find(const std::string& name) const { return state.find(ids_.at(name)); }
  const TaskRecord& operator[](const std::string& name) const { return *find(name); }

  static constexpr std::uint64_t kSmall = 8;
  static constexpr std::uint64_t kLarge = 100'000;

 private:
  Submission make_submission(const std::string& name, const Task& task) const;
  void done(const std::string& name, wire::Done done);
  std::string name_of(TaskId id) const;
  void say(const std::string& text) { said_ += (said_.empty() ? "" : "; ") + text; }

  void assign(Address worker, const TaskRecord& task, std::span<const PlannedInput> inputs) override;
  void release(Address holder, TaskId id) override;
  void recall(Address worker, TaskId id) override;
  void cancel(Address worker, TaskId id) override;
  void relocate(Address worker, TaskId id, Address holder) override;
  void hold(Address worker, const TaskRecord& task, Address holder) override;
  void ended(TaskId id) override;

  std::map<std::string, TaskId> ids_;
  std::map<TaskId, std::string> names_;
  std::string submitting_;
  std::string said_;
  Time now_ = std::chrono::seconds(1);

 public:
  SchedulerState state;
};

}  // namespace cohort::scheduler
