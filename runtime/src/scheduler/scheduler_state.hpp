#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "base/fifo.hpp"
#include "scheduler/estimates.hpp"
#include "scheduler/placement.hpp"
#include "scheduler/queue_ends.hpp"
#include "scheduler/task_table.hpp"
#include "scheduler/worker_load.hpp"

namespace cohort::scheduler {

/// Where an input comes from, as a worker is told.
struct PlannedInput {
  TaskId id;
  Address holder = kNowhere;
  const detail::SmallBytes* small_value = nullptr;  ///< goes along with the assignment; null: to be fetched
};

/// What the scheduler says. References are valid during the call only; the scheduler must not be called from within.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void assign(Address worker, const TaskRecord& task, std::span<const PlannedInput> inputs) = 0;
  virtual void release(Address holder, TaskId id) = 0;
  virtual void recall(Address worker, TaskId id) = 0;
  virtual void cancel(Address worker, TaskId id) = 0;
  virtual void relocate(Address worker, TaskId id, Address holder) = 0;
  virtual void hold(Address worker, const TaskRecord& task, Address holder) = 0;
  /// The task is finished, failed or cancelled. May come before on_submit has returned, and again for a value that was
  /// lost with its worker.
  virtual void ended(TaskId id) = 0;
};

struct SchedulerOptions {
  StockLimits stock;
  TransferCost transfer;
  /// Keep the records of everything that living values were computed from, so that what a lost worker held can be
  /// computed again. Without, a lost worker's values are lost.
  bool keep_lineage = false;
  /// A task that is known to end later than this is not started.
  Time latest_end = Time::max();
  /// What users call rank, of a worker's address.
  std::function<int(Address)> rank_of = [](Address worker) { return worker; };
};

/// Decides which worker runs which task, and when. Same events, same messages: no clock, no input or output, no
/// randomness.
class SchedulerState {
 public:
  /// `slots`: of worker 1, 2, …; workers are named by their address.
  SchedulerState(Outbox& outbox, std::span<const int> slots, SchedulerOptions options = {});

  // --- events from the client
  /// The record has a future (`wanted`) from the start.
  TaskId on_submit(Submission&& submission, Time now);
  /// A future comes before its task: a place for a task that will be given by on_fill, or be cancelled.
  TaskId on_reserve();
  /// Does nothing if the task was cancelled.
  void on_fill(TaskId id, Submission&& submission, Time now);
  /// A value that rank 0 itself holds; it is finished from the start.
  TaskId on_root_value(std::uint64_t bytes);
  void on_future_dropped(TaskId id, Time now);
  void on_cancel(TaskId id, Time now);
  /// The user sees the task's failure, or will, should it fail.
  void on_looked_at(TaskId id);

  // --- events from workers
  /// `done.bytes` is taken over.
  void on_done(Address worker, wire::Done& done, Time now) {
    on_done_of_several(worker, done, now);
    on_several_done(worker, now);
  }
  /// The same in two steps, for a worker that reports many ends at a time: each of them, then what follows from all.
  void on_done_of_several(Address worker, wire::Done& done, Time now);
  void on_several_done(Address worker, Time now);
  void on_recalled(Address worker, TaskId id, Time now);
  void on_started(Address worker, TaskId id);
  void on_held(Address worker, TaskId id, Time now);
  void on_worker_lost(Address worker, Time now);

  // --- time
  /// Looks for workers with nothing to do; to be called now and then.
  void on_tick(Time now);
  /// From now on a task is started only if it is expected to end before `latest_end`, one that was never measured is
  /// not; what was given out and has not started is taken back accordingly. Said again, the earlier end holds.
  void on_closing(Time latest_end, Time now);

  // --- what is so
  /// Null if the task is forgotten.
  const TaskRecord* find(TaskId id) const { return table_.find(id); }
  bool ended(TaskId id) const {
    const TaskRecord* record = table_.find(id);
    return record == nullptr || ended(*record);
  }
  static bool ended(const TaskRecord& record) { return has_ended(record.phase) && !still_copying(record); }
  Status status(const TaskRecord& record) const;
  /// Tasks that have not ended, or whose worker has not answered yet.
  std::size_t open_tasks() const { return open_tasks_; }
  std::size_t record_count() const { return table_.size(); }
  std::span<const WorkerLoad> workers() const { return workers_; }
  /// How long every worker is known to be busy with what it has been given, one task per slot left aside: for so long
  /// nothing is lost if nobody looks at what they report. O(workers).
  Time slack(Time now) const;
  /// Whether there is nothing to send to a worker, now or once it has room, and nothing to move from one to another.
  /// O(workers).
  bool all_is_assigned() const;
  /// Whether no task runs, no value is being copied, and nothing will happen any more because what is left would not
  /// end in time. O(workers), but only where it is near.
  bool all_is_withheld() const { return (closing_ || withheld_ > 0) && nothing_runs(); }
  /// Failures the user has not seen, oldest first.
  std::vector<const wire::Failure*> unseen_failures() const;
  /// Describes every task that has not ended and what it waits for, a line each, at most `most`.
  std::vector<std::string> who_waits(std::size_t most) const;

  /// Throws BrokenInvariant, with the story of the task concerned. O(tasks); for tests and debug builds.
  void check_invariants() const;

 private:
  WorkerLoad& load_of(Address worker) { return workers_[static_cast<std::size_t>(worker)]; }
  static bool placed(const TaskRecord& record) {
    return record.phase == Phase::assigned || record.phase == Phase::finished;
  }
  /// A broadcast that not every worker has yet.
  static bool still_copying(const TaskRecord& record) {
    return record.phase == Phase::finished && record.extras && !record.extras->copying.empty();
  }
  static bool all_placed(const TaskRecord& task, const TaskTable& table) {
    return std::all_of(task.inputs.begin(), task.inputs.end(), [&](TaskId id) { return placed(*table.find(id)); });
  }

  TaskRecord& reserve();
  void fill(TaskRecord& task, Submission&& submission, Time now);

  // --- placing
  /// Does all that has become possible.
  void settle(Time now) {
    if (!placeable_.empty() || may_hand_out()) place_and_hand_out(now);
  }
  bool may_hand_out() const {
    return !ready_.empty() && (!hungry_.empty() || unusual_priorities_ || living_workers_ == 0);
  }
  void place_and_hand_out(Time now);
  void place(TaskRecord& task, Time now);
  void plan(TaskRecord& task, WorkerLoad& load, Time now);
  void send_or_park(TaskRecord& task, Address worker, Time now);
  void send(TaskRecord& task, Address worker, Time now);
  void send_parked(Address worker, Time now);
  void broadcast(TaskRecord& task);
  void tell_dependents(TaskRecord& task, bool newly_placed, bool moved);
  void tell_replicas_place(TaskRecord& value);
  void hand_out(Time now);
  bool hand_over(TaskRecord& task, Time now);
  Address least_loaded_hungry();
  Address soonest_free();
  Address least_loaded() const;
  void describe_inputs(const TaskRecord& task, Time now);
  void unqueue(TaskRecord& task);
  void unplace(TaskRecord& task);
  void recount_inputs(TaskRecord& task);
  void forget_assignment(TaskRecord& task);
  void update_hunger(Address worker) {
    const WorkerLoad& load = load_of(worker);
    if (options_.stock.hungry(load) != (load.hungry_index != WorkerLoad::kNotHungry)) change_hunger(worker);
  }
  void change_hunger(Address worker);

  // --- moving work (rebalancing.cpp)
  void look_for_work(Address worker, Time now);
  bool take_parked(Address worker, Address victim, Time now);
  void recall_for(Address worker, Address victim, Time now);
  bool may_move(const TaskRecord& task, Address worker, Time gain) const;

  // --- closing (closing.cpp)
  /// Whether a task may have to be withheld. The longest decides whether it is worth looking.
  bool end_is_near(Time now) const { return closing_ || now + longest_ >= latest_end_; }
  bool nothing_runs() const;
  bool can_end(const TaskRecord& task, Time start) const;
  bool may_start(const TaskRecord& task, Address worker, Time now) const;
  void withhold(TaskRecord& task);
  void take_up_again(Time now);
  void take_back(TaskRecord& task);
  void take_back_late(Time now);

  // --- ending
  void finish(TaskRecord& task);
  void end_unfinished(TaskRecord& task, Phase phase, std::shared_ptr<FailureRecord> failure);
  void retry(TaskRecord& task);
  void add_dependent(TaskRecord& input, TaskId dependent);
  void drop_inputs(TaskRecord& task);
  void drop_use(TaskRecord& input);
  void release_if_unneeded(TaskRecord& task);
  void release_for_last_user(TaskRecord& input);
  void take_back_releases(TaskRecord& task, Address worker);
  void take_back_release(TaskRecord& input);
  void add_replica(TaskRecord& value, Address worker);
  void tell_holders_released(TaskRecord& task);
  void tell_released(Address holder, TaskId id);
  void forget_if_unneeded(TaskRecord& task);
  static bool may_forget(const TaskRecord& task);

  // --- loss (worker_loss.cpp)
  void lose_assigned(Address worker, std::vector<TaskId>& again);
  void lose_values(Address worker, std::vector<TaskId>& again);
  void lose_copy(TaskRecord& task, Address worker);
  void revive(TaskRecord& task, std::vector<TaskId>& again);
  void fail_lost(TaskRecord& task, Address worker);

  Outbox& outbox_;
  SchedulerOptions options_;
  TaskTable table_;
  std::vector<WorkerLoad> workers_;  ///< by address; [0] is the root and never used
  PriorityQueue ready_;
  QueueEnds ready_ends_;
  std::vector<Address> hungry_;
  std::size_t hungry_cursor_ = 0;
  std::size_t free_cursor_ = 0;
  base::Fifo<TaskId> placeable_;  ///< blocked tasks whose last input was just placed
  std::vector<PlannedInput> planned_;
  std::vector<PlacedInput> placed_inputs_;
  Estimates estimates_;
  std::vector<std::shared_ptr<FailureRecord>> failures_;
  std::size_t open_tasks_ = 0;
  std::size_t living_workers_ = 0;
  /// How much later than planned tasks end, or are known to have ended. Where new ones go is compared in the plan's
  /// time: else all that is late would look alike, and the next task go to whoever has reported last.
  Time lag_{};
  Time latest_end_;  ///< tasks that would end later are not started
  Time longest_{};   ///< that any task has taken or was expected to take
  bool closing_ = false;
  Time last_take_back_{};
  std::size_t withheld_ = 0;  ///< tasks in that phase
  bool quicker_ = false;      ///< some calls are, than was thought when tasks were withheld
  std::size_t copying_ = 0;   ///< broadcasts that are finished and not everywhere yet
  bool unusual_priorities_ = false;
};

}  // namespace cohort::scheduler
