#include "scheduler/scheduler_state.hpp"

#include <utility>

#include "base/broken_invariant.hpp"

namespace cohort::scheduler {

namespace {

/// Of the lag so far, against that of one more task.
constexpr int kLagWeight = 8;

}  // namespace

SchedulerState::SchedulerState(Outbox& outbox, std::span<const int> slots, SchedulerOptions options)
    : outbox_(outbox),
      options_(std::move(options)),
      workers_(slots.size() + 1),
      estimates_(options_.stock.unknown_duration),
      living_workers_(slots.size()),
      latest_end_(options_.latest_end) {
  workers_[0].lost = true;  // rank 0 runs nothing
  for (std::size_t i = 0; i < slots.size(); ++i) {
    workers_[i + 1].slots = slots[i];
    update_hunger(static_cast<Address>(i + 1));
  }
}

TaskId SchedulerState::on_submit(Submission&& submission, Time now) {
  TaskRecord& task = reserve();
  const TaskId id = task.id;
  fill(task, std::move(submission), now);
  return id;
}

TaskId SchedulerState::on_reserve() { return reserve().id; }

void SchedulerState::on_fill(TaskId id, Submission&& submission, Time now) {
  TaskRecord* reserved = table_.find(id);
  if (reserved != nullptr && reserved->phase == Phase::reserved) fill(*reserved, std::move(submission), now);
}

TaskRecord& SchedulerState::reserve() {
  TaskRecord& task = table_.add();
  task.phase = Phase::reserved;
  task.wanted = true;
  ++open_tasks_;
  return task;
}

/// `task` may be forgotten by then, should it fail at once and nobody want it.
void SchedulerState::fill(TaskRecord& task, Submission&& submission, Time now) {
  task.phase = Phase::blocked;
  task.type = submission.type;
  task.bytes = std::move(submission.payload);
  task.priority = submission.priority;
  task.inputs = std::move(submission.inputs);
  task.expected = submission.expected > Time::zero();
  task.estimate = submission.expected;
  longest_ = std::max(longest_, task.estimate);
  unusual_priorities_ = unusual_priorities_ || task.priority != 0;
  if (!submission.label.empty()) task.rare().label = std::move(submission.label);
  if (submission.worker) task.extra().worker = *submission.worker;
  if (submission.retries > 0) task.extra().retries = submission.retries;
  if (submission.broadcast) task.extra().broadcast = true;

  const TaskRecord* failed_input = nullptr;
  for (const TaskId input_id : task.inputs) {
    TaskRecord& input = table_[input_id];
    if (input.released) throw base::BrokenInvariant("a task needs a value that no future stands for");
    add_dependent(input, task.id);
    if (input.phase == Phase::failed || input.phase == Phase::cancelled) {
      if (failed_input == nullptr) failed_input = &input;
    } else if (!placed(input)) {
      ++task.unplaced_inputs;
    }
  }
  if (submission.failure) {
    auto failure = std::make_shared<FailureRecord>();
    failure->failure = std::move(*submission.failure);
    failures_.push_back(failure);
    end_unfinished(task, Phase::failed, std::move(failure));
  } else if (failed_input != nullptr) {
    end_unfinished(task, failed_input->phase, failed_input->failure());
  } else if (task.unplaced_inputs == 0) {
    place(task, now);
    settle(now);
  }
}

TaskId SchedulerState::on_root_value(std::uint64_t bytes) {
  TaskRecord& value = table_.add();
  value.phase = Phase::finished;
  value.wanted = true;
  value.place = kRoot;
  value.value_bytes = bytes;
  return value.id;
}

void SchedulerState::on_future_dropped(TaskId id, Time now) {
  TaskRecord& task = table_[id];
  task.wanted = false;
  release_for_last_user(task);
  release_if_unneeded(task);
  settle(now);
}

void SchedulerState::on_looked_at(TaskId id) {
  TaskRecord& task = table_[id];
  task.looked_at = true;
  if (const auto failure = task.failure()) failure->looked_at = true;
}

void SchedulerState::on_cancel(TaskId id, Time now) {
  TaskRecord& task = table_[id];
  if (has_ended(task.phase)) return;
  auto failure = std::make_shared<FailureRecord>();
  failure->failure.kind = wire::Failure::Kind::task_cancelled;
  failure->failure.type_name = "cohort::TaskCancelled";
  failure->failure.message = "the task was cancelled";
  failure->failure.label = task.label();
  failure->looked_at = true;  // what is cancelled is no failure
  end_unfinished(task, Phase::cancelled, std::move(failure));
  settle(now);
}

void SchedulerState::on_done_of_several(Address worker, wire::Done& done, Time now) {
  WorkerLoad& load = load_of(worker);
  load.last_report = now;
  ++load.reported;
  TaskRecord* task = table_.find(done.id);
  if (task == nullptr || task->place != worker || task->attempt != done.attempt) return;
  if (task->away) {
    forget_assignment(*task);
    task->away = false;
    task->place = kNowhere;
    --open_tasks_;
    if (done.outcome == wire::Done::Outcome::finished) outbox_.release(worker, done.id);
    forget_if_unneeded(*task);
    return;
  }
  if (task->phase != Phase::assigned) return;
  lag_ += ((now - task->expected_end) - lag_) / kLagWeight;
  forget_assignment(*task);
  switch (done.outcome) {
    case wire::Done::Outcome::finished:
      task->estimate = Time(static_cast<Time::rep>(done.duration_ns));
      longest_ = std::max(longest_, task->estimate);
      if (task->from_front || task->from_back) ready_ends_.on_measured(task->from_back, task->estimate);
      quicker_ = estimates_.measured(task->type, task->estimate, done.value_bytes) || quicker_;
      task->value_bytes = done.value_bytes;
      task->small = done.small && !task->released;
      if (options_.keep_lineage) task->rare().payload = std::move(task->bytes);
      task->bytes = task->small ? std::move(done.bytes) : detail::SmallBytes();
      finish(*task);
      break;
    case wire::Done::Outcome::failed: {
      if (task->extras && task->extras->retries > 0) {
        --task->extras->retries;
        retry(*task);
        break;
      }
      unplace(*task);
      auto failure = std::make_shared<FailureRecord>();
      failure->failure = std::move(done.failure).value_or(wire::Failure{});
      failures_.push_back(failure);
      end_unfinished(*task, Phase::failed, std::move(failure));
      break;
    }
    case wire::Done::Outcome::cancelled:
      // Only a task that is `away` is ever cancelled; anything else is a worker that was told so before it was lost.
      retry(*task);
      break;
  }
}

void SchedulerState::on_several_done(Address worker, Time now) {
  WorkerLoad& load = load_of(worker);
  load.pace.on_report(std::exchange(load.reported, 0), load.assigned_count > 0, now);
  if (std::exchange(quicker_, false) && withheld_ > 0 && !closing_) take_up_again(now);
  send_parked(worker, now);
  settle(now);
  if (ready_.empty() && load.assigned_count < static_cast<std::size_t>(load.slots)) look_for_work(worker, now);
}

void SchedulerState::on_recalled(Address worker, TaskId id, Time now) {
  TaskRecord* task = table_.find(id);
  if (task == nullptr || task->place != worker || !task->recalling) return;
  const Address thief = task->extra().thief;
  forget_assignment(*task);
  if (task->away) {
    task->away = false;
    task->place = kNowhere;
    --open_tasks_;
    forget_if_unneeded(*task);
    send_parked(worker, now);
    settle(now);
    return;
  }
  take_back_releases(*task, worker);
  // An input may have been lost in the meantime.
  if (thief > kRoot && !load_of(thief).lost && all_placed(*task, table_) &&
      (!end_is_near(now) || may_start(*task, thief, now))) {
    send(*task, thief, now);
  } else {
    unplace(*task);
    placeable_.push(task->id);
  }
  send_parked(worker, now);
  settle(now);
}

void SchedulerState::on_started(Address worker, TaskId id) {
  TaskRecord* task = table_.find(id);
  if (task != nullptr && task->place == worker) task->started = true;
}

void SchedulerState::on_held(Address worker, TaskId id, Time now) {
  TaskRecord* task = table_.find(id);
  if (task == nullptr || !task->extras || !task->extras->end_copying(worker)) return;
  if (task->phase == Phase::finished && !still_copying(*task)) finish(*task);
  settle(now);
}

Status SchedulerState::status(const TaskRecord& record) const {
  switch (record.phase) {
    case Phase::finished:
      return still_copying(record) ? Status::running : Status::finished;
    case Phase::failed:
      return Status::failed;
    case Phase::cancelled:
      return Status::cancelled;
    default:
      return record.started ? Status::running : Status::pending;
  }
}

void SchedulerState::on_tick(Time now) {
  if (end_is_near(now)) take_back_late(now);
  settle(now);
  if (!ready_.empty()) return;
  for (std::size_t i = 0; i < hungry_.size(); ++i) {
    const WorkerLoad& load = load_of(hungry_[i]);
    if (load.assigned_count < static_cast<std::size_t>(load.slots)) look_for_work(hungry_[i], now);
  }
}

// --- ending
// -----------------------------------------------------------------------------------------------------------

/// The value is there: on one worker, or, for a broadcast, once all have it.
void SchedulerState::finish(TaskRecord& task) {
  const bool first = task.phase != Phase::finished;
  task.phase = Phase::finished;
  task.started = false;
  if (first) drop_inputs(task);
  if (still_copying(task)) {
    if (first) ++copying_;
    return;
  }
  if (!first) --copying_;
  --open_tasks_;
  outbox_.ended(task.id);
  if (task.wanted) return;  // nothing of it is let go of
  release_for_last_user(task);
  release_if_unneeded(task);
}

/// Ends a task without a value, and with it all that need it. `failure` by value: the record it came from may go.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void SchedulerState::end_unfinished(TaskRecord& first, Phase phase, std::shared_ptr<FailureRecord> failure) {
  std::vector<TaskId> ending{first.id};
  while (!ending.empty()) {
    TaskRecord* found = table_.find(ending.back());
    ending.pop_back();
    if (found == nullptr || has_ended(found->phase)) continue;
    TaskRecord& task = *found;
    if (task.phase == Phase::assigned) {
      outbox_.cancel(task.place, task.id);
      if (task.recalling && task.fixed) {
        // Should the worker give it back, it takes back the releases too; nobody will say them again later.
        for (const TaskId id : task.inputs) {
          if (table_[id].released || table_[id].lent) outbox_.release(task.place, id);
        }
      }
      task.away = true;
    } else {
      unqueue(task);
      --open_tasks_;
    }
    if (task.extras) {
      // They wait for it, or have it from before its worker was lost.
      for (const Address replica : task.extras->replicas) tell_released(replica, task.id);
      task.extras->replicas.clear();
      task.extras->copying = {};
    }
    task.phase = phase;
    task.started = false;
    task.rare().failure = failure;
    if (!options_.keep_lineage) task.bytes = {};
    if (task.looked_at) failure->looked_at = true;
    task.unplaced_inputs = 0;
    outbox_.ended(task.id);
    ending.insert(ending.end(), task.dependents.begin(), task.dependents.end());
    drop_inputs(task);
    forget_if_unneeded(task);
  }
}

/// Back to the start, for another attempt.
void SchedulerState::retry(TaskRecord& task) {
  ++task.attempt;
  unplace(task);
  if (task.unplaced_inputs == 0) placeable_.push(task.id);
}

void SchedulerState::add_dependent(TaskRecord& input, TaskId dependent) {
  auto& dependents = input.dependents;
  // A value may live long and be used by millions. With lineage those that have ended may come back.
  if (!options_.keep_lineage && dependents.size() == dependents.capacity() &&
      dependents.size() > 2 * input.open_dependents) {
    dependents.erase_if([&](TaskId id) {
      const TaskRecord* task = table_.find(id);
      return task == nullptr || has_ended(task->phase);
    });
  }
  dependents.push_back(dependent);
  ++input.open_dependents;
  if (options_.keep_lineage) ++input.extra().child_records;
}

/// The task needs its inputs no longer.
void SchedulerState::drop_inputs(TaskRecord& task) {
  if (task.inputs.empty()) return;
  for (const TaskId input : task.inputs) drop_use(table_[input]);
  if (!options_.keep_lineage) task.inputs = {};
}

void SchedulerState::drop_use(TaskRecord& input) {
  --input.open_dependents;
  release_for_last_user(input);
  release_if_unneeded(input);
}

void SchedulerState::release_if_unneeded(TaskRecord& task) {
  if (task.wanted || task.open_dependents > 0 || !has_ended(task.phase)) return;
  if (still_copying(task)) return;
  // A value of rank 0 itself cannot be computed again: it stays as long as what was made from it.
  if (task.type == nullptr && task.child_records() > 0) return;
  if (!task.released && task.phase == Phase::finished) tell_holders_released(task);
  task.released = true;
  forget_if_unneeded(task);
}

/// If one assigned task is all that still needs the value, its worker may let it have the object itself.
void SchedulerState::release_for_last_user(TaskRecord& input) {
  if (input.released || input.lent || input.wanted || input.open_dependents != 1 || !placed(input)) return;
  if (input.recalling || (input.extras && !input.extras->copying.empty())) return;
  for (std::size_t i = input.dependents.size(); i-- > 0;) {
    TaskRecord* user = table_.find(input.dependents[i]);
    if (user == nullptr || has_ended(user->phase)) continue;
    const bool may_run_again = user->extras && user->extras->retries > 0;
    if (user->phase != Phase::assigned || user->recalling || may_run_again) return;
    // With lineage another user may come back while the value is being made, which could then not be made once more.
    if (options_.keep_lineage && input.phase != Phase::finished) return;
    user->fixed = true;
    if (user->place == input.place) {
      tell_holders_released(input);
    } else {
      input.lent = true;
      outbox_.release(user->place, input.id);
      if (input.extras) input.extras->replicas.erase(user->place);
    }
    return;
  }
}

/// The worker gave the task back, and with it what was released for it.
void SchedulerState::take_back_releases(TaskRecord& task, Address worker) {
  take_back_release(task);  // should it not be started any more, nobody else says what became of it
  if (!task.fixed) return;
  task.fixed = false;
  for (const TaskId id : task.inputs) {
    TaskRecord& input = table_[id];
    if (!input.released && !input.lent) continue;
    input.released = false;
    input.lent = false;
    add_replica(input, worker);
  }
}

/// The value comes from elsewhere now: whoever was told that its copy is its own is a holder like any other again.
void SchedulerState::take_back_release(TaskRecord& input) {
  if (!input.lent && !input.released) return;
  input.lent = false;
  input.released = false;
  for (const TaskId id : input.dependents) {
    const TaskRecord* user = table_.find(id);
    if (user != nullptr && user->phase == Phase::assigned) add_replica(input, user->place);
  }
}

void SchedulerState::add_replica(TaskRecord& value, Address worker) {
  if (value.place == worker) return;
  auto& replicas = value.extra().replicas;
  if (!replicas.contains(worker)) replicas.push_back(worker);
}

void SchedulerState::tell_holders_released(TaskRecord& task) {
  if (task.place != kNowhere) tell_released(task.place, task.id);
  if (task.extras) {
    for (const Address replica : task.extras->replicas) tell_released(replica, task.id);
    task.extras->replicas.clear();
  }
  task.released = true;
  task.small = false;
  if (task.phase == Phase::finished) task.bytes = {};
}

void SchedulerState::tell_released(Address holder, TaskId id) {
  // While the losses of a worker are counted, some records still name it.
  if (holder == kRoot || !load_of(holder).lost) outbox_.release(holder, id);
}

void SchedulerState::forget_if_unneeded(TaskRecord& first) {
  if (!may_forget(first)) return;
  std::vector<TaskId> inputs;
  if (options_.keep_lineage) inputs.assign(first.inputs.begin(), first.inputs.end());
  table_.remove(first);
  // With lineage the inputs may have stayed for the sake of this one only.
  while (!inputs.empty()) {
    TaskRecord& input = table_[inputs.back()];
    inputs.pop_back();
    --input.extra().child_records;
    if (!may_forget(input)) continue;
    if (input.phase == Phase::finished && !input.released) tell_holders_released(input);
    inputs.insert(inputs.end(), input.inputs.begin(), input.inputs.end());
    table_.remove(input);
  }
}

bool SchedulerState::may_forget(const TaskRecord& task) {
  if (task.wanted || task.open_dependents > 0 || task.child_records() > 0) return false;
  return has_ended(task.phase) && !task.away && !still_copying(task);
}

}  // namespace cohort::scheduler
