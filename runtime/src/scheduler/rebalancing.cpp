// SchedulerState: moving work that has not started to workers that have none.
#include "scheduler/scheduler_state.hpp"

namespace cohort::scheduler {

namespace {

/// A worker that has less than this to do is not worth the messages.
constexpr Time kWorthMoving = std::chrono::microseconds(200);
/// A worker that has told of no ended task for so long is in a task that takes longer than thought.
constexpr Time kStuckAfter = std::chrono::milliseconds(1);
/// Between two looks on behalf of one worker.
constexpr Time kBetweenLooks = std::chrono::microseconds(50);
/// Tasks looked at, from the end of a worker's list.
constexpr std::size_t kLookAt = 1024;

}  // namespace

/// `worker` has an idle slot and nothing is ready: takes from the worker with most to do.
void SchedulerState::look_for_work(Address worker, Time now) {
  WorkerLoad& load = load_of(worker);
  if (load.lost || load.coming > 0 || (load.last_theft != Time{} && now - load.last_theft < kBetweenLooks)) return;
  load.last_theft = now;
  Address victim = kNowhere;
  Time most{};
  for (std::size_t w = 1; w < workers_.size(); ++w) {
    const WorkerLoad& other = workers_[w];
    if (other.lost || static_cast<Address>(w) == worker) continue;
    const bool has_spare = other.assigned_count > static_cast<std::size_t>(other.slots) || !other.parked.empty();
    if (!has_spare) continue;
    Time busy = other.assigned_time / other.slots;
    if (now - other.last_report > kStuckAfter) busy = std::max(busy, now - other.last_report);
    if (busy < kWorthMoving || busy <= most) continue;
    most = busy;
    victim = static_cast<Address>(w);
  }
  if (victim == kNowhere || take_parked(worker, victim, now)) return;
  recall_for(worker, victim, now);
}

/// Takes parked tasks, which cost no message to get back.
bool SchedulerState::take_parked(Address worker, Address victim, Time now) {
  WorkerLoad& from = load_of(victim);
  const auto wanted = static_cast<std::size_t>(load_of(worker).slots) + 1;
  std::vector<TaskId> taken;
  std::size_t looked_at = 0;
  from.parked.for_each_from_back(table_, [&](TaskRecord& task) {
    if (may_move(task, worker, from.assigned_time / from.slots)) taken.push_back(task.id);
    return taken.size() < wanted && ++looked_at < kLookAt;
  });
  for (const TaskId id : taken) {
    TaskRecord& task = table_[id];
    from.parked.remove(table_, task);
    send(task, worker, now);
  }
  settle(now);
  return !taken.empty();
}

/// Asks for about half of what `victim` has more than `worker`, the last assigned first.
void SchedulerState::recall_for(Address worker, Address victim, Time now) {
  WorkerLoad& from = load_of(victim);
  const bool stuck = now - from.last_report > kStuckAfter;
  const Time gap = (from.assigned_time / from.slots - load_of(worker).assigned_time / load_of(worker).slots) / 2;
  const std::size_t spare = from.assigned_count - std::min(from.assigned_count, static_cast<std::size_t>(from.slots));
  const std::size_t at_most = stuck ? (spare + 1) / 2 : spare;
  const Time gain = std::max(from.assigned_time / from.slots, now - from.last_report);
  Time taken{};
  std::size_t count = 0;
  std::size_t looked_at = 0;
  for (std::uint32_t i = from.assigned.last(); i != QueueLink::kEnd && looked_at < std::min(spare, kLookAt);
       ++looked_at) {
    TaskRecord& task = table_.at(i);
    i = task.link.previous;
    if (count >= at_most || (!stuck && count > 0 && taken + task.estimate > gap)) break;
    if (task.away || task.recalling || task.started || !may_move(task, worker, gain)) continue;
    task.recalling = true;
    task.extra().thief = worker;
    ++load_of(worker).coming;
    taken += task.estimate;
    ++count;
    outbox_.recall(victim, task.id);
  }
}

/// Whether the task could start on `worker` at once, and its inputs get there in less than `gain`.
bool SchedulerState::may_move(const TaskRecord& task, Address worker, Time gain) const {
  if (task.extras && (task.extras->worker != kNowhere || task.extras->broadcast)) return false;
  Time transfer{};
  for (const TaskId id : task.inputs) {
    const TaskRecord* input = table_.find(id);
    if (input == nullptr || input->phase != Phase::finished) return false;
    if (input->place != worker && !input->small) transfer += options_.transfer.of(input->value_bytes);
  }
  return transfer < gain;
}

}  // namespace cohort::scheduler
