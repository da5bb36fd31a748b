// SchedulerState: from blocked to assigned.
#include <utility>

#include "scheduler/scheduler_state.hpp"

namespace cohort::scheduler {

void SchedulerState::place_and_hand_out(Time now) {
  do {
    while (!placeable_.empty()) {
      TaskRecord* task = table_.find(placeable_.pop());
      if (task != nullptr && task->phase == Phase::blocked && task->unplaced_inputs == 0) place(*task, now);
    }
    if (may_hand_out()) hand_out(now);
  } while (!placeable_.empty());
}

/// All inputs have a place: finds one for the task.
void SchedulerState::place(TaskRecord& task, Time now) {
  if (task.extras && task.extras->worker != kNowhere) {
    const Address worker = task.extras->worker;
    return load_of(worker).lost ? fail_lost(task, worker) : send_or_park(task, worker, now);
  }
  // An input ties the task to a place unless it can go along with the assignment.
  const bool tied = std::any_of(task.inputs.begin(), task.inputs.end(), [&](TaskId id) {
    const TaskRecord& input = table_[id];
    return !input.small && !(input.phase == Phase::finished && input.place == kRoot);
  });
  if (!tied && !task.sent_before) {
    // Nobody waits before it: not worth a queue.
    if (ready_.empty() && !unusual_priorities_ && hand_over(task, now)) return;
    if (ready_.empty()) ready_ends_.begin_again();
    task.phase = Phase::ready;
    ready_.push_back(table_, task);
    return;
  }
  const Time planned_now = now - lag_;
  describe_inputs(task, planned_now);
  // Beside those that hold its inputs: else what once came together would stay there, whatever others have to do.
  const Address other = hungry_.empty() ? soonest_free() : least_loaded_hungry();
  Address worker = choose_worker(placed_inputs_, workers_, other, planned_now, options_.transfer);
  if (worker == kNowhere) worker = least_loaded();
  if (worker == kNowhere) return fail_lost(task, kNowhere);
  send_or_park(task, worker, now);
}

void SchedulerState::describe_inputs(const TaskRecord& task, Time now) {
  placed_inputs_.clear();
  for (const TaskId id : task.inputs) {
    const TaskRecord& input = table_[id];
    const bool there = input.phase == Phase::finished;
    placed_inputs_.push_back({input.place, input.extras ? &input.extras->replicas : nullptr,
                              there ? input.value_bytes : estimates_.of(input.type).value_bytes,
                              there ? now : input.expected_end});
  }
}

void SchedulerState::send_or_park(TaskRecord& task, Address worker, Time now) {
  WorkerLoad& load = load_of(worker);
  if (load.assigned_count < options_.stock.tasks || task.sent_before) return send(task, worker, now);
  // Planned now, not when it is sent: else the next one that is parked would find the same gap.
  plan(task, load, now);
  task.phase = Phase::parked;
  task.place = worker;
  load.parked.push_back(table_, task);
}

/// Takes the task into the worker's plan, after those that are there already and its inputs.
void SchedulerState::plan(TaskRecord& task, WorkerLoad& load, Time now) {
  const Time planned_now = now - lag_;
  Time ready = planned_now;
  for (const TaskId id : task.inputs) {
    const TaskRecord& input = table_[id];
    if (input.phase == Phase::assigned) ready = std::max(ready, input.expected_end);
  }
  const Time duration = task.expected ? task.estimate : estimates_.of(task.type).duration;
  const Time start = std::max(ready, load.available(planned_now, ready));
  load.plan(start, duration);
  task.expected_end = start + duration;
}

void SchedulerState::send_parked(Address worker, Time now) {
  WorkerLoad& load = load_of(worker);
  while (!load.lost && !load.parked.empty() && load.assigned_count < options_.stock.tasks) {
    TaskRecord& task = load.parked.front(table_);
    TaskQueue::prefetch_after(table_, task);
    load.parked.remove(table_, task);
    send(task, worker, now);
  }
}

void SchedulerState::send(TaskRecord& task, Address worker, Time now) {
  if (end_is_near(now) && !may_start(task, worker, now)) return withhold(task);
  WorkerLoad& load = load_of(worker);
  const bool newly_placed = task.phase != Phase::assigned;
  if (task.phase != Phase::parked || task.place != worker) plan(task, load, now);
  planned_.clear();
  for (const TaskId id : task.inputs) {
    TaskRecord& input = table_[id];
    const bool there = input.place == worker || (input.extras && input.extras->replicas.contains(worker));
    PlannedInput& planned = planned_.emplace_back();
    planned.id = id;
    planned.holder = there ? worker : input.place;
    if (there) continue;
    if (input.small) planned.small_value = &input.bytes;
    input.extra().replicas.push_back(worker);
  }
  const bool moved = task.sent_before;
  task.sent_before = true;
  task.phase = Phase::assigned;
  task.place = worker;
  task.started = false;
  if (!task.expected) {
    const Estimates::Estimate& usual = estimates_.of(task.type);
    task.estimate = usual.duration;
    task.guessed = !usual.known();
    if (task.guessed) ++load.guessed_count;
  }
  load.assigned.push_back(table_, task);
  ++load.assigned_count;
  load.assigned_time += task.estimate;
  if (task.priority != 0) ++load.unusual_priorities[task.priority];
  update_hunger(worker);
  outbox_.assign(worker, task, planned_);

  if (!task.dependents.empty() || moved) tell_dependents(task, newly_placed, moved);
  if (task.extras && task.extras->broadcast) broadcast(task);
  for (const TaskId id : task.inputs) release_for_last_user(table_[id]);
}

/// A binary tree: each worker fetches from the one above it, which answers as soon as it has the value itself.
void SchedulerState::broadcast(TaskRecord& task) {
  auto& replicas = task.extras->replicas;
  replicas.clear();
  for (std::size_t w = 1; w < workers_.size(); ++w) {
    if (static_cast<Address>(w) != task.place && !workers_[w].lost) replicas.push_back(static_cast<Address>(w));
  }
  task.extras->copying = {};
  for (const Address replica : replicas) task.extras->copying.push_back(replica);
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    outbox_.hold(replicas[i], task, i < 2 ? task.place : replicas[(i - 2) / 2]);
  }
}

/// The task has a place now. `moved`: it had another before, where some still look for its value.
void SchedulerState::tell_dependents(TaskRecord& task, bool newly_placed, bool moved) {
  for (const TaskId id : task.dependents) {
    TaskRecord* dependent = table_.find(id);
    if (dependent == nullptr) continue;
    if (dependent->phase == Phase::blocked && newly_placed) {
      // It will be placed soon, and then those that need it; of thousands that wait they are in no near cache.
      dependent->prefetch_parts();
      if (dependent->dependents.is_here() && !dependent->dependents.empty()) {
        table_.prefetch(dependent->dependents[0].index);
      }
      if (--dependent->unplaced_inputs == 0) placeable_.push(id);
    } else if (moved && dependent->phase == Phase::assigned) {
      add_replica(task, dependent->place);
    }
  }
  const bool is_broadcast = task.extras && task.extras->broadcast;  // then each worker is told anyway
  if (moved && !is_broadcast) tell_replicas_place(task);
}

/// Also those at which no task waits: the next one there will be told that the value is coming.
void SchedulerState::tell_replicas_place(TaskRecord& value) {
  if (!value.extras) return;
  value.extras->replicas.erase(value.place);
  for (const Address replica : value.extras->replicas) outbox_.relocate(replica, value.id, value.place);
}

/// Gives ready tasks to workers that have little to do; one of high priority also to a worker that has enough of lower
/// ones.
void SchedulerState::hand_out(Time now) {
  while (!ready_.empty()) {
    const bool from_back = ready_ends_.back_is_next();
    TaskRecord& task = from_back ? ready_.last_beside_front(table_) : ready_.front(table_);
    if (hand_over(task, now)) {
      task.from_front = !from_back;
      task.from_back = from_back;
      ready_ends_.on_taken(from_back);
      continue;
    }
    if (living_workers_ > 0) return;
    ready_.remove(table_, task);
    task.phase = Phase::blocked;
    fail_lost(task, kNowhere);
  }
}

/// Gives a task that could run anywhere to a worker, should one want it. Returns whether one did.
bool SchedulerState::hand_over(TaskRecord& task, Time now) {
  Address worker = hungry_.empty() ? kNowhere : least_loaded_hungry();
  if (worker == kNowhere && unusual_priorities_) {
    for (std::size_t w = 1; w < workers_.size() && worker == kNowhere; ++w) {
      const WorkerLoad& load = workers_[w];
      if (!load.lost && load.count_from(task.priority) < static_cast<std::size_t>(load.slots) + 1) {
        worker = static_cast<Address>(w);
      }
    }
  }
  if (worker == kNowhere) return false;
  if (task.phase == Phase::ready) ready_.remove(table_, task);
  send(task, worker, now);
  return true;
}

/// Looks at a few only: with a thousand hungry workers any of them will do.
Address SchedulerState::least_loaded_hungry() {
  if (hungry_.size() < 2) return hungry_.empty() ? kNowhere : hungry_.front();
  constexpr std::size_t kLookAt = 16;
  Address best = kNowhere;
  const std::size_t count = std::min(hungry_.size(), kLookAt);
  if (hungry_.size() > kLookAt)
    hungry_cursor_ = (hungry_cursor_ + 1) % hungry_.size();
  else
    hungry_cursor_ = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Address worker = hungry_[(hungry_cursor_ + i) % hungry_.size()];
    const WorkerLoad& load = load_of(worker);
    if (best == kNowhere) {
      best = worker;
      continue;
    }
    const WorkerLoad& best_load = load_of(best);
    // Compared per slot, by cross-multiplication: counts first, since unmeasured durations tell little.
    const auto mine = load.assigned_count * static_cast<std::size_t>(best_load.slots);
    const auto its = best_load.assigned_count * static_cast<std::size_t>(load.slots);
    if (mine < its || (mine == its && worker < best)) best = worker;
  }
  return best;
}

/// Of a few workers, others each time, the one that the plan lets run out of work first.
Address SchedulerState::soonest_free() {
  constexpr std::size_t kLookAt = 4;
  const std::size_t workers = workers_.size() - 1;
  Address best = kNowhere;
  for (std::size_t i = 0; i < std::min(workers, kLookAt); ++i) {
    free_cursor_ = free_cursor_ % workers + 1;
    const WorkerLoad& load = workers_[free_cursor_];
    if (load.lost) continue;
    if (best == kNowhere || load.busy_until < load_of(best).busy_until) best = static_cast<Address>(free_cursor_);
  }
  return best;
}

Address SchedulerState::least_loaded() const {
  Address best = kNowhere;
  for (std::size_t w = 1; w < workers_.size(); ++w) {
    if (workers_[w].lost) continue;
    if (best == kNowhere || workers_[w].assigned_count < workers_[static_cast<std::size_t>(best)].assigned_count) {
      best = static_cast<Address>(w);
    }
  }
  return best;
}

Time SchedulerState::slack(Time now) const {
  Time least = Time::max();
  for (std::size_t w = 1; w < workers_.size(); ++w) {
    const WorkerLoad& load = workers_[w];
    if (load.lost) continue;
    if (load.assigned_count <= static_cast<std::size_t>(load.slots) || load.guessed_count > 0) return Time::zero();
    // Ends are reported at once, or nearly: what has not been reported for long is one task that takes long.
    const Time usual = load.assigned_time / static_cast<Time::rep>(load.assigned_count);
    // Tasks that wait for each other take longer than they run.
    const Time all = load.pace.between() * static_cast<Time::rep>(load.assigned_count);
    least = std::min(least, std::max(load.assigned_time / load.slots, all) - std::min(now - load.last_report, usual));
  }
  return std::max(least == Time::max() ? Time::zero() : least, Time::zero());
}

bool SchedulerState::all_is_assigned() const {
  if (!ready_.empty()) return false;
  bool any_idle = false;
  bool any_spare = false;
  for (const WorkerLoad& load : workers_) {
    if (load.lost) continue;
    if (!load.parked.empty() || load.coming > 0) return false;
    const auto slots = static_cast<std::size_t>(load.slots);
    any_idle = any_idle || load.assigned_count < slots;
    any_spare = any_spare || load.assigned_count > slots;
  }
  return !(any_idle && any_spare);
}

/// Takes the task out of the queue it waits in, if any.
void SchedulerState::unqueue(TaskRecord& task) {
  if (task.phase == Phase::ready) {
    ready_.remove(table_, task);
  } else if (task.phase == Phase::parked) {
    load_of(task.place).parked.remove(table_, task);
    task.place = kNowhere;
  } else if (task.phase == Phase::withheld) {
    --withheld_;
  }
}

/// The task has no place any more: what needs it and was not sent must wait again.
void SchedulerState::unplace(TaskRecord& task) {
  unqueue(task);
  task.phase = Phase::blocked;
  task.place = kNowhere;
  task.started = false;
  take_back_release(task);
  task.fixed = false;
  recount_inputs(task);
  for (const TaskId id : task.dependents) {
    TaskRecord* dependent = table_.find(id);
    if (dependent == nullptr || has_ended(dependent->phase)) continue;
    if (dependent->phase == Phase::assigned) {
      // This one may never run, and then it would wait at its worker for ever.
      if (closing_ || withheld_ > 0) take_back(*dependent);
      continue;
    }
    unqueue(*dependent);
    dependent->phase = Phase::blocked;
    recount_inputs(*dependent);
  }
}

void SchedulerState::recount_inputs(TaskRecord& task) {
  task.unplaced_inputs = static_cast<std::uint32_t>(
      std::count_if(task.inputs.begin(), task.inputs.end(), [&](TaskId id) { return !placed(table_[id]); }));
}

/// The worker has the task no longer. Leaves phase and place to the caller.
void SchedulerState::forget_assignment(TaskRecord& task) {
  WorkerLoad& load = load_of(task.place);
  TaskQueue::prefetch_after(table_, task);  // most tasks end in the order in which they were sent
  load.assigned.remove(table_, task);
  if (--load.assigned_count == 0) load.last_start = load.busy_until = Time{};
  load.assigned_time -= task.estimate;
  if (task.guessed) --load.guessed_count;
  task.guessed = false;
  if (task.priority != 0) {
    const auto it = load.unusual_priorities.find(task.priority);
    if (--it->second == 0) load.unusual_priorities.erase(it);
  }
  if (task.recalling) {
    Address& thief = task.extra().thief;
    if (thief != kNowhere) --load_of(thief).coming;
    thief = kNowhere;
    task.recalling = false;
  }
  update_hunger(task.place);
}

void SchedulerState::change_hunger(Address worker) {
  WorkerLoad& load = load_of(worker);
  if (load.hungry_index == WorkerLoad::kNotHungry) {
    load.hungry_index = hungry_.size();
    hungry_.push_back(worker);
    return;
  }
  const Address last = hungry_.back();
  hungry_[load.hungry_index] = last;
  load_of(last).hungry_index = load.hungry_index;
  hungry_.pop_back();
  load.hungry_index = WorkerLoad::kNotHungry;
}

}  // namespace cohort::scheduler
