#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fifo.hpp"
#include "base/id_map.hpp"
#include "base/spares.hpp"
#include "cohort/detail/code.hpp"
#include "wire/messages.hpp"
#include "worker/stored_value.hpp"

namespace cohort::worker {

using wire::Address;

/// What a slot needs to run a task; the state only keeps it.
struct TaskWork {
  detail::CodeAddress type;
  std::string label;
  detail::SmallBytes payload;
};

/// An input as the scheduler told of it. `here`: the value came along and is in the store already.
struct AssignedInput {
  TaskId id;
  Address holder = 0;
  bool here = false;
};

/// A task taken by a slot.
struct StartedTask {
  struct Input {
    TaskId id;
    /// Nobody else will use the value, which is not kept any more. Nobody is sent it either.
    bool may_move = false;
    StoredValue value;
  };
  TaskId id;
  std::uint32_t attempt = 0;
  const TaskWork* work = nullptr;  ///< until on_ended
  detail::SmallVector<Input> inputs;
};

/// What a worker says, to others and to whoever keeps the values' objects.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void fetch(Address from, TaskId id, std::uint64_t ticket) = 0;
  virtual void unfetch(Address from, TaskId id, std::uint64_t ticket) = 0;
  /// The value is here.
  virtual void send_value(Address to, TaskId id, std::uint64_t ticket) = 0;
  /// The value is kept no longer; empty if it was given away.
  virtual void drop_value(TaskId id, StoredValue value) = 0;
  virtual void request_stop(TaskId id) = 0;
  virtual void cancelled(TaskId id, std::uint32_t attempt) = 0;
  virtual void recalled(TaskId id) = 0;
  virtual void held(TaskId id) = 0;
};

/// Knows which tasks of this worker can run, what is missing for the others, and who waits for which value; and keeps
/// the values, which it never looks into. Same events, same messages: no clock, no input or output, no threads.
class WorkerState {
 public:
  /// How a task ended, as the slot that ran it saw it.
  enum class End : std::uint8_t { finished, failed };

  WorkerState(Outbox& outbox, Address self) : outbox_(outbox), self_(self) {}

  // --- events from the scheduler
  void on_assign(TaskId id, std::uint32_t attempt, int priority, TaskWork&& work,
                 std::span<const AssignedInput> inputs);
  void on_release(TaskId id);
  void on_recall(TaskId id);
  void on_cancel(TaskId id);
  /// `made_by`: the kind of the task that makes the value.
  void on_relocate(TaskId id, detail::CodeAddress made_by, Address holder);
  void on_hold(TaskId id, detail::CodeAddress made_by, Address holder);

  // --- events from peers
  void on_fetch(Address from, TaskId id, std::uint64_t ticket);
  void on_unfetch(Address from, TaskId id, std::uint64_t ticket);
  void on_peer_lost(Address peer);
  /// Whether the answer to this fetch is waited for.
  bool expects(TaskId id, std::uint64_t ticket) const { return fetching(id, ticket) != nullptr; }
  /// The answer to this fetch. Returns whether it was waited for; if not, the value goes.
  bool on_value(TaskId id, std::uint64_t ticket, StoredValue value);
  /// Keeps a value that came along with a task, until on_assign tells that it is here.
  void put(TaskId id, StoredValue value) { entries_[id].stored = std::move(value); }
  /// Null if it is not here.
  const StoredValue* value(TaskId id) const {
    const Entry* entry = entries_.find(id);
    return entry != nullptr && entry->value == ValuePhase::present ? &entry->stored : nullptr;
  }
  /// Values that are here.
  std::size_t value_count() const { return value_count_; }
  /// What tells the type of a value that is being fetched: the kind of the task that makes it, or else a task that was
  /// to use it. Valid until the next event.
  struct TypeClue {
    const detail::CodeAddress* made_by = nullptr;
    const TaskWork* used_by = nullptr;
    std::span<const TaskId> inputs;  ///< of used_by
  };
  TypeClue type_clue(TaskId id) const;

  // --- events from slots
  /// The ready task of highest priority, first come first served among equals; empty if none is ready.
  std::optional<StartedTask> take_ready();
  /// Returns false if the task was cancelled in the meantime: it is to be reported as cancelled, and its value goes.
  bool on_ended(const StartedTask& task, End end, StoredValue value = {});

  bool any_ready() const { return ready_count_ > 0; }
  std::size_t running() const { return running_count_; }
  /// Tasks that were assigned and have not ended.
  std::size_t open_tasks() const { return open_count_; }
  std::size_t entry_count() const { return entries_.size(); }
  /// What waits for what, a line each, at most `most`.
  std::vector<std::string> who_waits(std::size_t most) const;
  /// Throws BrokenInvariant. O(entries); for tests and debug builds.
  void check_invariants() const;

 private:
  enum class TaskPhase : std::uint8_t { none, waiting, ready, running };
  enum class ValuePhase : std::uint8_t {
    none,      ///< not here; nobody was asked for it
    expected,  ///< a task here will make it
    fetching,  ///< asked for
    present,   ///< here
    given,     ///< was here; the task that runs may have moved from it
  };
  struct Waiter {
    Address who;
    std::uint64_t ticket;
  };
  /// What there is of a task until it has ended.
  struct Task {
    std::uint32_t attempt = 0;
    std::int32_t priority = 0;
    std::uint32_t missing = 0;  ///< inputs not present, counted by use
    bool stop_requested = false;
    TaskWork work;
    std::vector<TaskId> inputs;
    TaskId next;  ///< the one that was assigned after it; none: there is none

    void clear();
  };
  /// A task that was given up, of whose inputs one is fetched all the same.
  struct FormerUser {
    TaskWork work;
    std::vector<TaskId> inputs;
  };
  /// What there is of a value that is not here.
  struct Awaited {
    Address source = 0;                             ///< of what is being fetched
    std::uint64_t ticket = 0;                       ///< of the fetch whose answer counts
    std::vector<TaskId> waiting_tasks;              ///< tasks here that miss it, by use
    std::vector<Waiter> waiters;                    ///< members to send it to
    std::optional<detail::CodeAddress> made_by;     ///< if the scheduler told
    std::unique_ptr<const FormerUser> former_user;  ///< if no other clue to its type is left

    void clear();
    /// It will be used soon.
    void prefetch() const {
      __builtin_prefetch(this, 1);
      __builtin_prefetch(waiting_tasks.data());
    }
  };
  /// A task and the value it makes share an id, and so an entry; often only one of the two is here. With its id it is a
  /// cache line: of the values that are held there may be millions.
  struct Entry {
    TaskPhase task = TaskPhase::none;
    ValuePhase value = ValuePhase::none;
    bool released = false;    ///< nobody but the tasks here needs the value
    bool hold = false;        ///< the scheduler wants to be told when it is here
    std::uint32_t users = 0;  ///< uses as an input by tasks here that have not ended
    StoredValue stored;
    std::unique_ptr<Task> work;        ///< while there is a task
    std::unique_ptr<Awaited> awaited;  ///< null: nobody waits, and it is not being fetched
  };

  Entry* fetching(TaskId id, std::uint64_t ticket) const;
  void make_ready(TaskId id, Entry& entry);
  void value_is_present(TaskId id, Entry& entry);
  void value_is_gone(TaskId id, Entry& entry);
  void make_nothing(Entry& entry);
  void abandon(TaskId id, Entry& entry);
  void stop_waiting(Entry& input, TaskId id, const Task& task);
  void forget(std::unique_ptr<Task> task);
  void prefetch(TaskId id);
  void drop_uses(const std::vector<TaskId>& inputs);
  Awaited& awaited(Entry& entry);
  void start_fetch(TaskId id, Entry& entry, Address holder);
  void stop_fetch(TaskId id, Entry& entry);
  void erase_if_unneeded(TaskId id, Entry& entry);

  Outbox& outbox_;
  Address self_;
  mutable base::IdMap<Entry> entries_;
  /// May hold tasks that are not ready any more: they are passed over when taken.
  std::map<int, base::Fifo<TaskId>, std::greater<>> ready_;
  std::size_t ready_count_ = 0;
  std::size_t running_count_ = 0;
  std::size_t open_count_ = 0;
  std::size_t value_count_ = 0;
  std::uint64_t last_ticket_ = 0;
  Task* last_assigned_ = nullptr;  ///< of those that are here
  base::Spares<Task> spare_tasks_;
  base::Spares<Awaited> spare_awaited_;
};

}  // namespace cohort::worker
