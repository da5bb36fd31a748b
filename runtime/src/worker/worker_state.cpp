#include "worker/worker_state.hpp"

#include <algorithm>
#include <utility>

#include "base/broken_invariant.hpp"

namespace cohort::worker {

void WorkerState::Entry::clear() {
  task = TaskPhase::none;
  value = ValuePhase::none;
  stop_requested = released = hold = false;
  attempt = missing = users = 0;
  priority = 0;
  source = 0;
  ticket = 0;
  work.type = {};
  work.label.clear();
  work.payload.clear();
  const auto empty = []<class T>(std::vector<T>& list) {
    constexpr std::size_t kKept = 16;
    if (list.capacity() > kKept) list = std::vector<T>();
    list.clear();
  };
  empty(inputs);
  empty(waiting_tasks);
  empty(waiters);
}

void WorkerState::on_assign(TaskId id, std::uint32_t attempt, int priority, TaskWork work,
                            std::span<const AssignedInput> inputs) {
  std::vector<TaskId> input_ids;
  input_ids.reserve(inputs.size());
  std::uint32_t missing = 0;
  for (const AssignedInput& input : inputs) {
    input_ids.push_back(input.id);
    Entry& entry = entries_[input.id];
    ++entry.users;
    entry.released = false;  // said again, should it be true again
    if (input.here && entry.value != ValuePhase::present) {
      stop_fetch(input.id, entry);
      value_is_present(input.id);
    }
    if (entry.value == ValuePhase::present) continue;
    ++missing;
    entry.waiting_tasks.push_back(id);
    if (entry.value == ValuePhase::none || entry.value == ValuePhase::given) {
      // If it was to be made here, the scheduler will say where it comes from instead.
      entry.value = ValuePhase::none;
      if (input.holder != self_) start_fetch(input.id, entry, input.holder);
    }
  }
  Entry& entry = entries_[id];
  stop_fetch(id, entry);
  if (entry.value != ValuePhase::present) entry.value = ValuePhase::expected;
  entry.task = TaskPhase::waiting;
  entry.released = false;
  entry.hold = false;
  entry.stop_requested = false;
  entry.attempt = attempt;
  entry.priority = priority;
  entry.missing = missing;
  entry.work = std::move(work);
  entry.inputs = std::move(input_ids);
  ++open_count_;
  if (missing == 0) make_ready(id, entry);
}

void WorkerState::on_release(TaskId id) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr) return;
  // A fetch that came before the assignment it belongs to is not what is meant.
  if (entry->task == TaskPhase::none && entry->value == ValuePhase::none && entry->users == 0) return;
  entry->released = true;
  entry->hold = false;
  erase_if_unneeded(id);
}

void WorkerState::on_recall(TaskId id) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr || (entry->task != TaskPhase::waiting && entry->task != TaskPhase::ready)) return;
  // The task goes back with all that was said for its sake.
  for (const TaskId input : entry->inputs) entries_.find(input)->released = false;
  abandon(id, *entry);
  outbox_.recalled(id);
}

void WorkerState::on_cancel(TaskId id) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr || entry->task == TaskPhase::none) return;
  if (entry->task == TaskPhase::running) {
    entry->stop_requested = true;
    outbox_.request_stop(id);
    return;
  }
  const std::uint32_t attempt = entry->attempt;
  abandon(id, *entry);
  outbox_.cancelled(id, attempt);
}

void WorkerState::on_relocate(TaskId id, Address holder) {
  // Also where nothing waits for it now: the scheduler counts on a copy here until it says Release.
  Entry& entry = entries_[id];
  entry.released = false;
  if (entry.value == ValuePhase::present || entry.task != TaskPhase::none) return;
  start_fetch(id, entry, holder);
}

void WorkerState::on_hold(TaskId id, Address holder) {
  Entry& entry = entries_[id];
  entry.released = false;
  if (entry.value == ValuePhase::present) return outbox_.held(id);
  entry.hold = true;
  if (entry.task != TaskPhase::none) return;
  start_fetch(id, entry, holder);
}

void WorkerState::on_fetch(Address from, TaskId id, std::uint64_t ticket) {
  Entry& entry = entries_[id];
  if (entry.value == ValuePhase::present) return outbox_.send_value(from, id, ticket);
  entry.waiters.push_back({from, ticket});
}

void WorkerState::on_unfetch(Address from, TaskId id, std::uint64_t ticket) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr) return;
  const auto it = std::find_if(entry->waiters.begin(), entry->waiters.end(),
                               [&](const Waiter& waiter) { return waiter.who == from && waiter.ticket == ticket; });
  if (it == entry->waiters.end()) return;
  entry->waiters.erase(it);
  erase_if_unneeded(id);
}

void WorkerState::on_peer_lost(Address peer) {
  std::vector<TaskId> changed;
  entries_.for_each([&](TaskId id, Entry& entry) {
    if (std::erase_if(entry.waiters, [&](const Waiter& waiter) { return waiter.who == peer; }) > 0)
      changed.push_back(id);
  });
  for (const TaskId id : changed) erase_if_unneeded(id);
}

bool WorkerState::expects(TaskId id) const {
  const Entry* entry = entries_.find(id);
  return entry != nullptr && entry->value == ValuePhase::fetching;
}

bool WorkerState::expects(TaskId id, std::uint64_t ticket) const {
  return expects(id) && entries_.find(id)->ticket == ticket;
}

std::optional<WorkerState::WaitingTask> WorkerState::waiting_for(TaskId id) const {
  const Entry* entry = entries_.find(id);
  if (entry == nullptr || entry->waiting_tasks.empty()) return std::nullopt;
  const Entry* task = entries_.find(entry->waiting_tasks.front());
  // Null or without work: it is the one that is being assigned.
  if (task == nullptr || task->task == TaskPhase::none) return std::nullopt;
  return WaitingTask{task->work, task->inputs};
}

void WorkerState::on_value(TaskId id) {
  if (!expects(id)) throw base::BrokenInvariant("a value arrived that nobody waits for");
  value_is_present(id);
  erase_if_unneeded(id);
}

std::optional<StartedTask> WorkerState::take_ready() {
  while (ready_count_ > 0) {
    auto queue = ready_.begin();
    while (queue->second.empty()) queue = ready_.erase(queue);
    const TaskId id = queue->second.pop();
    Entry* entry = entries_.find(id);
    if (entry == nullptr || entry->task != TaskPhase::ready) continue;
    --ready_count_;
    ++running_count_;
    entry->task = TaskPhase::running;
    StartedTask started{id, entry->attempt, std::move(entry->work), {}};
    started.inputs.reserve(entry->inputs.size());
    for (const TaskId input_id : entry->inputs) {
      Entry& input = *entries_.find(input_id);
      const bool may_move = input.released && input.users == 1;
      if (may_move) input.value = ValuePhase::given;
      started.inputs.push_back({input_id, may_move});
    }
    return started;
  }
  return std::nullopt;
}

bool WorkerState::on_ended(const StartedTask& task, End end) {
  Entry* entry = entries_.find(task.id);
  if (entry == nullptr || entry->task != TaskPhase::running)
    throw base::BrokenInvariant("a task ended that did not run");
  --running_count_;
  --open_count_;
  entry->task = TaskPhase::none;
  const bool stopped = entry->stop_requested;
  const std::vector<TaskId> inputs = std::move(entry->inputs);
  entry->inputs.clear();
  if (end == End::finished && !stopped) {
    value_is_present(task.id);
  } else {
    if (end == End::finished && entry->value != ValuePhase::present) outbox_.drop_value(task.id);
    make_nothing(*entry);
  }
  drop_uses(inputs);
  erase_if_unneeded(task.id);
  return !stopped;
}

/// The task that would have made the value is here no longer. Who still needs it will be told where it comes from; a
/// copy from an earlier attempt serves the tasks here only.
void WorkerState::make_nothing(Entry& entry) {
  if (entry.value == ValuePhase::expected) entry.value = ValuePhase::none;
  entry.waiters.clear();
  entry.released = true;
}

/// The task is given up before it ran.
void WorkerState::abandon(TaskId id, Entry& entry) {
  if (entry.task == TaskPhase::ready) --ready_count_;
  --open_count_;
  entry.task = TaskPhase::none;
  make_nothing(entry);
  entry.work = {};
  const std::vector<TaskId> inputs = std::move(entry.inputs);
  entry.inputs.clear();
  for (const TaskId input_id : inputs) {
    if (Entry* input = entries_.find(input_id)) std::erase(input->waiting_tasks, id);
  }
  drop_uses(inputs);
  erase_if_unneeded(id);
}

void WorkerState::drop_uses(const std::vector<TaskId>& inputs) {
  for (const TaskId id : inputs) --entries_.find(id)->users;
  for (const TaskId id : inputs) erase_if_unneeded(id);
}

void WorkerState::make_ready(TaskId id, Entry& entry) {
  entry.task = TaskPhase::ready;
  ready_[entry.priority].push(id);
  ++ready_count_;
}

void WorkerState::value_is_present(TaskId id) {
  Entry& entry = *entries_.find(id);
  entry.value = ValuePhase::present;
  if (std::exchange(entry.hold, false)) outbox_.held(id);
  for (const Waiter& waiter : std::exchange(entry.waiters, {})) outbox_.send_value(waiter.who, id, waiter.ticket);
  for (const TaskId waiting : std::exchange(entry.waiting_tasks, {})) {
    Entry& task = *entries_.find(waiting);
    if (--task.missing == 0) make_ready(waiting, task);
  }
}

void WorkerState::start_fetch(TaskId id, Entry& entry, Address holder) {
  stop_fetch(id, entry);
  entry.source = holder;
  entry.value = ValuePhase::fetching;
  entry.ticket = ++last_ticket_;
  outbox_.fetch(holder, id, entry.ticket);
}

/// Whatever still comes in answer is not what is waited for.
void WorkerState::stop_fetch(TaskId id, Entry& entry) {
  if (entry.value == ValuePhase::fetching) outbox_.unfetch(entry.source, id, entry.ticket);
}

/// Lets go of a value that was released and has no user left, and of an entry that says nothing any more.
void WorkerState::erase_if_unneeded(TaskId id) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr || entry->task != TaskPhase::none || entry->users > 0 || entry->hold) return;
  if (!entry->released && (entry->value == ValuePhase::present || entry->value == ValuePhase::fetching)) return;
  if (entry->value == ValuePhase::present || entry->value == ValuePhase::given) outbox_.drop_value(id);
  stop_fetch(id, *entry);
  entry->value = ValuePhase::none;
  // Who waits for it here still has to say that it does so no longer.
  if (entry->waiters.empty()) entries_.erase(id);
}

}  // namespace cohort::worker
