// SchedulerState: what would not end before the time is up is not started any more.
#include <unordered_set>
#include <vector>

#include "scheduler/scheduler_state.hpp"

namespace cohort::scheduler {

namespace {

/// Between two looks for tasks that were given out and come too late to start: near the end, and before, when it is
/// about few long ones.
constexpr Time kBetweenTakeBacks = std::chrono::milliseconds(20);
constexpr Time kBetweenEarlyTakeBacks = std::chrono::milliseconds(200);

}  // namespace

void SchedulerState::on_closing(Time latest_end, Time now) {
  closing_ = true;
  latest_end_ = std::min(latest_end_, latest_end);
  last_take_back_ = Time{};
  take_back_late(now);
  settle(now);
}

bool SchedulerState::nothing_runs() const {
  if (!ready_.empty() || copying_ > 0) return false;
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const WorkerLoad& load) { return load.assigned_count == 0 && load.parked.empty(); });
}

/// A call that was never measured is not expected to end at any time, but before the last minutes it is tried.
bool SchedulerState::can_end(const TaskRecord& task, Time start) const {
  if (task.expected) return start + task.estimate < latest_end_;
  const Estimates::Estimate& usual = estimates_.of(task.type);
  if (usual.measurements == 0) return !closing_;
  return start + usual.duration < latest_end_;
}

/// After what the worker has to do already; before the last minutes others may take that from it.
bool SchedulerState::may_start(const TaskRecord& task, Address worker, Time now) const {
  const WorkerLoad& load = workers_[static_cast<std::size_t>(worker)];
  const bool at_once = !closing_ || load.assigned_count < static_cast<std::size_t>(load.slots);
  return can_end(task, at_once ? now : now + load.assigned_time / load.slots);
}

/// The task is in no queue. Who needs it and was sent would wait for it for ever.
void SchedulerState::withhold(TaskRecord& task) {
  task.phase = Phase::withheld;
  task.place = kNowhere;
  ++withheld_;
  // Where a worker was lost, what it had to run is blocked again, and tasks behind that may still be at others.
  std::unordered_set<TaskId> seen{task.id};
  for (std::vector<TaskId> waited_for{task.id}; !waited_for.empty();) {
    const TaskRecord& one = table_[waited_for.back()];
    waited_for.pop_back();
    for (const TaskId id : one.dependents) {
      TaskRecord* dependent = table_.find(id);
      if (dependent == nullptr) continue;
      if (dependent->phase == Phase::assigned) take_back(*dependent);
      if (dependent->phase == Phase::blocked && dependent->sent_before && seen.insert(id).second)
        waited_for.push_back(id);
    }
  }
}

/// What was withheld because the first calls took long, if by what is known now it would end in time.
void SchedulerState::take_up_again(Time now) {
  for (std::uint32_t i = 0; i < table_.index_limit(); ++i) {
    TaskRecord& task = table_.at(i);
    if (task.phase != Phase::withheld || !can_end(task, now)) continue;
    unqueue(task);
    task.phase = Phase::blocked;
    placeable_.push(task.id);
  }
}

/// For nobody else. A worker that has started it meanwhile does not answer.
void SchedulerState::take_back(TaskRecord& task) {
  if (task.away || task.recalling || task.started) return;
  task.recalling = true;
  task.extra().thief = kNowhere;
  outbox_.recall(task.place, task.id);
}

void SchedulerState::take_back_late(Time now) {
  const Time pause = closing_ ? kBetweenTakeBacks : kBetweenEarlyTakeBacks;
  if (last_take_back_ != Time{} && now - last_take_back_ < pause) return;
  last_take_back_ = now;
  for (std::size_t w = 1; w < workers_.size(); ++w) {
    WorkerLoad& load = workers_[w];
    if (load.lost) continue;
    for (std::uint32_t i = load.assigned.first(); i != QueueLink::kEnd;) {
      TaskRecord& task = table_.at(i);
      i = task.link.next;
      if (!can_end(task, now)) take_back(task);
    }
    send_parked(static_cast<Address>(w), now);
  }
}

}  // namespace cohort::scheduler
