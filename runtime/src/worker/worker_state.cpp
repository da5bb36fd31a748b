#include "worker/worker_state.hpp"

#include <algorithm>
#include <utility>

#include "base/broken_invariant.hpp"

namespace cohort::worker {

namespace {

/// Keeps the memory, unless there is much of it.
template <class T>
void make_empty(std::vector<T>& list) {
  constexpr std::size_t kKept = 16;
  if (list.capacity() > kKept) list = std::vector<T>();
  list.clear();
}

}  // namespace

void WorkerState::Task::clear() {
  stop_requested = false;
  next = {};
  work.label.clear();
  work.payload.clear();
  make_empty(inputs);
}

void WorkerState::Awaited::clear() {
  make_empty(waiting_tasks);
  make_empty(waiters);
  made_by.reset();
  former_user.reset();
}

void WorkerState::on_assign(TaskId id, std::uint32_t attempt, int priority, TaskWork&& work,
                            std::span<const AssignedInput> inputs) {
  std::unique_ptr<Task> task = spare_tasks_.take();
  task->inputs.reserve(inputs.size());
  std::uint32_t missing = 0;
  for (const AssignedInput& input : inputs) {
    task->inputs.push_back(input.id);
    Entry& entry = entries_[input.id];
    ++entry.users;
    entry.released = false;  // said again, should it be true again
    if (input.here && entry.value != ValuePhase::present) {
      stop_fetch(input.id, entry);
      value_is_present(input.id, entry);
    }
    if (entry.value == ValuePhase::present) continue;
    ++missing;
    awaited(entry).waiting_tasks.push_back(id);
    if (entry.value == ValuePhase::none || entry.value == ValuePhase::given) {
      // If it was to be made here, the scheduler will say where it comes from instead.
      entry.value = ValuePhase::none;
      if (input.holder != self_) start_fetch(input.id, entry, input.holder);
    }
  }
  task->attempt = attempt;
  task->priority = priority;
  task->missing = missing;
  task->work = std::move(work);
  Entry& entry = entries_[id];
  stop_fetch(id, entry);
  if (entry.value != ValuePhase::present) entry.value = ValuePhase::expected;
  entry.task = TaskPhase::waiting;
  entry.released = false;
  entry.hold = false;
  if (last_assigned_ != nullptr) last_assigned_->next = id;
  last_assigned_ = task.get();
  entry.work = std::move(task);
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
  erase_if_unneeded(id, *entry);
}

void WorkerState::on_recall(TaskId id) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr || (entry->task != TaskPhase::waiting && entry->task != TaskPhase::ready)) return;
  // The task goes back with all that was said for its sake.
  for (const TaskId input : entry->work->inputs) entries_.find(input)->released = false;
  abandon(id, *entry);
  outbox_.recalled(id);
}

void WorkerState::on_cancel(TaskId id) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr || entry->task == TaskPhase::none) return;
  if (entry->task == TaskPhase::running) {
    entry->work->stop_requested = true;
    outbox_.request_stop(id);
    return;
  }
  const std::uint32_t attempt = entry->work->attempt;
  abandon(id, *entry);
  outbox_.cancelled(id, attempt);
}

void WorkerState::on_relocate(TaskId id, detail::CodeAddress made_by, Address holder) {
  // Also where nothing waits for it now: the scheduler counts on a copy here until it says Release.
  Entry& entry = entries_[id];
  entry.released = false;
  if (entry.value == ValuePhase::present || entry.task != TaskPhase::none) return;
  awaited(entry).made_by = made_by;
  start_fetch(id, entry, holder);
}

void WorkerState::on_hold(TaskId id, detail::CodeAddress made_by, Address holder) {
  Entry& entry = entries_[id];
  entry.released = false;
  if (entry.value == ValuePhase::present) return outbox_.held(id);
  entry.hold = true;
  awaited(entry).made_by = made_by;
  if (entry.task != TaskPhase::none) return;
  start_fetch(id, entry, holder);
}

void WorkerState::on_fetch(Address from, TaskId id, std::uint64_t ticket) {
  Entry& entry = entries_[id];
  if (entry.value == ValuePhase::present) return outbox_.send_value(from, id, ticket);
  awaited(entry).waiters.push_back({from, ticket});
}

void WorkerState::on_unfetch(Address from, TaskId id, std::uint64_t ticket) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr || entry->awaited == nullptr) return;
  auto& waiters = entry->awaited->waiters;
  const auto it = std::find_if(waiters.begin(), waiters.end(),
                               [&](const Waiter& waiter) { return waiter.who == from && waiter.ticket == ticket; });
  if (it == waiters.end()) return;
  waiters.erase(it);
  erase_if_unneeded(id, *entry);
}

void WorkerState::on_peer_lost(Address peer) {
  std::vector<TaskId> changed;
  entries_.for_each([&](TaskId id, Entry& entry) {
    if (entry.awaited == nullptr) return;
    if (std::erase_if(entry.awaited->waiters, [&](const Waiter& waiter) { return waiter.who == peer; }) > 0)
      changed.push_back(id);
  });
  for (const TaskId id : changed) erase_if_unneeded(id, *entries_.find(id));
}

/// Null if this is not what is waited for.
WorkerState::Entry* WorkerState::fetching(TaskId id, std::uint64_t ticket) const {
  Entry* entry = entries_.find(id);
  if (entry == nullptr || entry->value != ValuePhase::fetching || entry->awaited->ticket != ticket) return nullptr;
  return entry;
}

bool WorkerState::on_value(TaskId id, std::uint64_t ticket, StoredValue value) {
  Entry* entry = fetching(id, ticket);
  if (entry == nullptr) return false;
  entry->stored = std::move(value);
  value_is_present(id, *entry);
  erase_if_unneeded(id, *entry);
  return true;
}

WorkerState::TypeClue WorkerState::type_clue(TaskId id) const {
  const Entry* entry = entries_.find(id);
  if (entry == nullptr || entry->awaited == nullptr) return {};
  const Awaited& awaited = *entry->awaited;
  if (awaited.made_by) return {&*awaited.made_by, nullptr, {}};
  if (!awaited.waiting_tasks.empty()) {
    const Task& user = *entries_.find(awaited.waiting_tasks.front())->work;
    return {nullptr, &user.work, user.inputs};
  }
  if (awaited.former_user != nullptr) return {nullptr, &awaited.former_user->work, awaited.former_user->inputs};
  return {};
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
    const Task& task = *entry->work;
    std::optional<StartedTask> started(std::in_place, StartedTask{id, task.attempt, &task.work, {}});
    started->inputs.reserve(task.inputs.size());
    for (const TaskId input_id : task.inputs) {
      Entry& input = *entries_.find(input_id);
      const bool may_move = input.released && input.users == 1;
      started->inputs.push_back({input_id, may_move, may_move ? std::move(input.stored) : input.stored});
      if (!may_move) continue;
      input.value = ValuePhase::given;
      --value_count_;
    }
    return started;
  }
  return std::nullopt;
}

bool WorkerState::on_ended(const StartedTask& task, End end, StoredValue value) {
  Entry* entry = entries_.find(task.id);
  if (entry == nullptr || entry->task != TaskPhase::running)
    throw base::BrokenInvariant("a task ended that did not run");
  --running_count_;
  --open_count_;
  entry->task = TaskPhase::none;
  std::unique_ptr<Task> ended = std::move(entry->work);
  if (end == End::finished && !ended->stop_requested) {
    entry->stored = std::move(value);
    value_is_present(task.id, *entry);
  } else {
    if (end == End::finished && entry->value != ValuePhase::present) outbox_.drop_value(task.id, std::move(value));
    make_nothing(*entry);
  }
  const bool counts = !ended->stop_requested;
  drop_uses(ended->inputs);
  erase_if_unneeded(task.id, *entry);
  const TaskId next = ended->next;
  forget(std::move(ended));
  if (ready_count_ == 0 && running_count_ == 0) prefetch(next);
  return counts;
}

void WorkerState::forget(std::unique_ptr<Task> task) {
  if (last_assigned_ == task.get()) last_assigned_ = nullptr;
  spare_tasks_.give(std::move(task));
}

/// The slots wait: what was assigned next will probably be ready next. It came long ago, and is in no near cache.
void WorkerState::prefetch(TaskId id) {
  const Entry* entry = entries_.find(id);
  if (entry == nullptr || entry->work == nullptr) return;
  const Task& task = *entry->work;
  task.work.payload.prefetch();
  for (const TaskId input_id : task.inputs) {
    const Entry* input = entries_.find(input_id);
    if (input == nullptr || input->awaited == nullptr) continue;
    input->awaited->prefetch();
    return;
  }
}

/// The task that would have made the value is here no longer. Who still needs it will be told where it comes from; a
/// copy from an earlier attempt serves the tasks here only.
void WorkerState::make_nothing(Entry& entry) {
  if (entry.value == ValuePhase::expected) entry.value = ValuePhase::none;
  if (entry.awaited != nullptr) entry.awaited->waiters.clear();
  entry.released = true;
}

/// The task is given up before it ran.
void WorkerState::abandon(TaskId id, Entry& entry) {
  if (entry.task == TaskPhase::ready) --ready_count_;
  --open_count_;
  entry.task = TaskPhase::none;
  make_nothing(entry);
  std::unique_ptr<Task> abandoned = std::move(entry.work);
  for (const TaskId input_id : abandoned->inputs) {
    Entry* input = entries_.find(input_id);
    if (input != nullptr && input->awaited != nullptr) stop_waiting(*input, id, *abandoned);
  }
  drop_uses(abandoned->inputs);
  erase_if_unneeded(id, entry);
  forget(std::move(abandoned));
}

/// `task` waits for the input no longer. That may still come, and must be decoded all the same.
void WorkerState::stop_waiting(Entry& input, TaskId id, const Task& task) {
  Awaited& awaited = *input.awaited;
  std::erase(awaited.waiting_tasks, id);
  if (input.value != ValuePhase::fetching || awaited.made_by || !awaited.waiting_tasks.empty()) return;
  awaited.former_user = std::make_unique<const FormerUser>(FormerUser{task.work, task.inputs});
}

void WorkerState::drop_uses(const std::vector<TaskId>& inputs) {
  for (const TaskId id : inputs) --entries_.find(id)->users;
  for (const TaskId id : inputs) {
    // It may be gone by now: a value can be an input several times.
    if (Entry* entry = entries_.find(id)) erase_if_unneeded(id, *entry);
  }
}

void WorkerState::make_ready(TaskId id, Entry& entry) {
  entry.task = TaskPhase::ready;
  ready_[entry.work->priority].push(id);
  ++ready_count_;
}

void WorkerState::value_is_present(TaskId id, Entry& entry) {
  if (entry.value != ValuePhase::present) ++value_count_;
  entry.value = ValuePhase::present;
  if (std::exchange(entry.hold, false)) outbox_.held(id);
  if (entry.awaited == nullptr) return;
  std::unique_ptr<Awaited> awaited = std::move(entry.awaited);
  for (const Waiter& waiter : awaited->waiters) outbox_.send_value(waiter.who, id, waiter.ticket);
  for (const TaskId waiting : awaited->waiting_tasks) {
    Entry& task = *entries_.find(waiting);
    if (--task.work->missing == 0) make_ready(waiting, task);
  }
  spare_awaited_.give(std::move(awaited));
}

/// The one that is here, or was given away.
void WorkerState::value_is_gone(TaskId id, Entry& entry) {
  if (entry.value == ValuePhase::present) --value_count_;
  outbox_.drop_value(id, std::move(entry.stored));
}

WorkerState::Awaited& WorkerState::awaited(Entry& entry) {
  if (entry.awaited == nullptr) entry.awaited = spare_awaited_.take();
  return *entry.awaited;
}

void WorkerState::start_fetch(TaskId id, Entry& entry, Address holder) {
  stop_fetch(id, entry);
  entry.value = ValuePhase::fetching;
  Awaited& fetched = awaited(entry);
  fetched.source = holder;
  fetched.ticket = ++last_ticket_;
  outbox_.fetch(holder, id, fetched.ticket);
}

/// Whatever still comes in answer is not what is waited for.
void WorkerState::stop_fetch(TaskId id, Entry& entry) {
  if (entry.value == ValuePhase::fetching) outbox_.unfetch(entry.awaited->source, id, entry.awaited->ticket);
}

/// Lets go of a value that was released and has no user left, and of an entry that says nothing any more.
void WorkerState::erase_if_unneeded(TaskId id, Entry& entry) {
  // One after the other: as one condition they are read at once, which waits for what was written to each of them.
  if (entry.users > 0) return;
  if (entry.task != TaskPhase::none || entry.hold) return;
  if (!entry.released && (entry.value == ValuePhase::present || entry.value == ValuePhase::fetching)) return;
  if (entry.value == ValuePhase::present || entry.value == ValuePhase::given) value_is_gone(id, entry);
  stop_fetch(id, entry);
  entry.value = ValuePhase::none;
  // Who waits for it here still has to say that it does so no longer.
  if (entry.awaited != nullptr) {
    if (!entry.awaited->waiters.empty()) return;
    spare_awaited_.give(std::move(entry.awaited));
  }
  entries_.erase(id);
}

}  // namespace cohort::worker
