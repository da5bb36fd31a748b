// SchedulerState: a worker is gone; what it ran runs elsewhere, what it held is computed again.
#include <algorithm>

#include "scheduler/scheduler_state.hpp"

namespace cohort::scheduler {

namespace {

/// A worker that is known to have a copy; of other replicas it is only known that they have asked for one.
Address certain_copy(const TaskRecord& task) {
  if (!task.extras || !task.extras->broadcast) return kNowhere;
  const auto& copying = task.extras->copying;
  for (const Address replica : task.extras->replicas) {
    if (std::find(copying.begin(), copying.end(), replica) == copying.end()) return replica;
  }
  return kNowhere;
}

}  // namespace

void SchedulerState::on_worker_lost(Address worker, Time now) {
  WorkerLoad& load = load_of(worker);
  if (load.lost) return;
  load.lost = true;
  --living_workers_;
  update_hunger(worker);
  std::vector<TaskId> again;
  lose_assigned(worker, again);
  lose_values(worker, again);
  // What these need may be gone too; `again` grows while it is gone through.
  for (std::size_t i = 0; i < again.size(); ++i) {
    TaskIdList inputs;
    if (const TaskRecord* task = table_.find(again[i])) inputs = task->inputs;
    for (const TaskId id : inputs) {
      // Null, or ended, once one of its inputs could not be had again.
      TaskRecord* task = table_.find(again[i]);
      if (task == nullptr || has_ended(task->phase)) break;
      TaskRecord& input = table_[id];
      if (input.phase == Phase::finished && input.released) {
        revive(input, again);
      } else if (has_ended(input.phase) && input.phase != Phase::finished) {
        // It went well once, was lost, and could not be had again.
        end_unfinished(*task, input.phase, input.failure());
      }
    }
  }
  for (const TaskId id : again) {
    TaskRecord* task = table_.find(id);
    if (task == nullptr || has_ended(task->phase)) continue;
    unplace(*task);
  }
  for (const TaskId id : again) placeable_.push(id);
  settle(now);
}

/// Takes back what the worker was given and what was parked for it.
void SchedulerState::lose_assigned(Address worker, std::vector<TaskId>& again) {
  WorkerLoad& load = load_of(worker);
  while (!load.parked.empty()) {
    TaskRecord& task = load.parked.front(table_);
    unqueue(task);
    task.phase = Phase::blocked;
    again.push_back(task.id);
  }
  while (!load.assigned.empty()) {
    TaskRecord& task = table_.at(load.assigned.first());
    forget_assignment(task);
    task.place = kNowhere;
    if (task.away) {
      task.away = false;
      --open_tasks_;
      forget_if_unneeded(task);
      continue;
    }
    ++task.attempt;
    task.phase = Phase::blocked;
    task.released = false;
    if (task.fixed) {
      for (const TaskId id : task.inputs) table_[id].lent = false;
    }
    if (task.extras) task.extras->copying = {};
    again.push_back(task.id);
  }
}

/// Finds another copy of each value the worker held, or has it computed again.
void SchedulerState::lose_values(Address worker, std::vector<TaskId>& again) {
  for (std::uint32_t i = 0; i < table_.index_limit(); ++i) {
    TaskRecord& task = table_.at(i);
    if (task.phase == Phase::unused) continue;
    if (task.extras && task.extras->replicas.erase(worker)) lose_copy(task, worker);
    if (task.phase != Phase::finished || task.place != worker || task.released) continue;
    const Address other = task.small ? kRoot : certain_copy(task);
    if (other == kNowhere) {
      if (still_copying(task)) {
        --open_tasks_;  // it was open all the time
        --copying_;
      }
      revive(task, again);
      continue;
    }
    task.place = other;
    take_back_release(task);
    tell_replicas_place(task);
  }
}

/// A worker that had, or was to have, a copy of the task's value is gone.
void SchedulerState::lose_copy(TaskRecord& task, Address worker) {
  const bool was_copying = still_copying(task);
  task.extras->end_copying(worker);
  if (!task.extras->broadcast || !placed(task) || task.place == worker) return;
  // Who fetches through the lost one fetches from the origin instead; who has the value already ignores this.
  tell_replicas_place(task);
  if (was_copying && !still_copying(task)) finish(task);
}

/// Computes a finished value again, if what it was computed from is still known.
void SchedulerState::revive(TaskRecord& task, std::vector<TaskId>& again) {
  ++open_tasks_;
  ++task.attempt;
  task.phase = Phase::blocked;
  task.place = kNowhere;
  take_back_release(task);
  if (task.extras) task.extras->copying = {};
  task.small = false;
  if (!options_.keep_lineage || task.type == nullptr) return fail_lost(task, kNowhere);
  task.bytes = std::move(task.rare().payload);
  for (const TaskId id : task.inputs) ++table_[id].open_dependents;
  again.push_back(task.id);
}

/// Ends the task, and all that need it, with WorkerLost.
void SchedulerState::fail_lost(TaskRecord& task, Address worker) {
  auto failure = std::make_shared<FailureRecord>();
  failure->failure.kind = wire::Failure::Kind::worker_lost;
  failure->failure.type_name = "cohort::WorkerLost";
  failure->failure.message = worker == kNowhere
                                 ? "the worker that held or ran the task is gone"
                                 : "the worker on rank " + std::to_string(options_.rank_of(worker)) + " is gone";
  failure->failure.attempt = static_cast<std::int32_t>(task.attempt);
  failure->failure.label = task.label();
  failures_.push_back(failure);
  end_unfinished(task, Phase::failed, std::move(failure));
}

}  // namespace cohort::scheduler
