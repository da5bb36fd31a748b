#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fifo.hpp"
#include "base/id_map.hpp"
#include "cohort/detail/code.hpp"
#include "wire/messages.hpp"

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
    /// Nobody else will use the value: the store is to give it away. Nobody is sent it any more.
    bool may_move = false;
  };
  TaskId id;
  std::uint32_t attempt = 0;
  TaskWork work;
  std::vector<Input> inputs;
};

/// What a worker says, to others and to its own value store.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void fetch(Address from, TaskId id, std::uint64_t ticket) = 0;
  virtual void unfetch(Address from, TaskId id, std::uint64_t ticket) = 0;
  /// The value is in the store.
  virtual void send_value(Address to, TaskId id, std::uint64_t ticket) = 0;
  /// Nothing is known of the id any more: what the store has of it may go.
  virtual void drop_value(TaskId id) = 0;
  virtual void request_stop(TaskId id) = 0;
  virtual void cancelled(TaskId id, std::uint32_t attempt) = 0;
  virtual void recalled(TaskId id) = 0;
  virtual void held(TaskId id) = 0;
};

/// Knows which tasks of this worker can run, what is missing for the others, and who waits for which value. Same
/// events, same messages: no clock, no input or output, no threads; the values themselves are in the ValueStore.
class WorkerState {
 public:
  /// How a task ended, as the slot that ran it saw it.
  enum class End : std::uint8_t { finished, failed };

  WorkerState(Outbox& outbox, Address self) : outbox_(outbox), self_(self) {}

  // --- events from the scheduler
  void on_assign(TaskId id, std::uint32_t attempt, int priority, TaskWork work, std::span<const AssignedInput> inputs);
  void on_release(TaskId id);
  void on_recall(TaskId id);
  void on_cancel(TaskId id);
  void on_relocate(TaskId id, Address holder);
  void on_hold(TaskId id, Address holder);

  // --- events from peers
  void on_fetch(Address from, TaskId id, std::uint64_t ticket);
  void on_unfetch(Address from, TaskId id, std::uint64_t ticket);
  void on_peer_lost(Address peer);
  /// Whether the value was asked for and has not come.
  bool expects(TaskId id) const;
  /// Whether the answer to this fetch is waited for; only then it may be put into the store and on_value be called.
  bool expects(TaskId id, std::uint64_t ticket) const;
  /// The value is in the store.
  void on_value(TaskId id);
  /// A task here that misses the value; empty if there is none. Valid until the next event.
  struct WaitingTask {
    const TaskWork& work;
    const std::vector<TaskId>& inputs;
  };
  std::optional<WaitingTask> waiting_for(TaskId id) const;

  // --- events from slots
  /// The ready task of highest priority, first come first served among equals; empty if none is ready.
  std::optional<StartedTask> take_ready();
  /// If `end` is finished, the value must be in the store already. Returns false if the task was cancelled in the
  /// meantime: it is to be reported as cancelled; the store was told to drop the value.
  bool on_ended(const StartedTask& task, End end);

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
    present,   ///< in the store
    given,     ///< was here; the task that runs may have moved from it
  };
  struct Waiter {
    Address who;
    std::uint64_t ticket;
  };
  /// A task and the value it makes share an id, and so an entry; often only one of the two is here.
  struct Entry {
    TaskPhase task = TaskPhase::none;
    ValuePhase value = ValuePhase::none;
    bool stop_requested = false;
    bool released = false;  ///< nobody but the tasks here needs the value
    bool hold = false;      ///< the scheduler wants to be told when it is here
    std::uint32_t attempt = 0;
    std::int32_t priority = 0;
    std::uint32_t missing = 0;  ///< inputs not present, counted by use
    std::uint32_t users = 0;    ///< uses as an input by tasks here that have not ended
    Address source = 0;         ///< of what is being fetched
    std::uint64_t ticket = 0;   ///< of the fetch whose answer counts
    TaskWork work;
    std::vector<TaskId> inputs;
    std::vector<TaskId> waiting_tasks;  ///< tasks here that miss it, by use
    std::vector<Waiter> waiters;        ///< members to send it to

    /// As new, but for memory.
    void clear();
  };

  void make_ready(TaskId id, Entry& entry);
  void value_is_present(TaskId id);
  void make_nothing(Entry& entry);
  void abandon(TaskId id, Entry& entry);
  void drop_uses(const std::vector<TaskId>& inputs);
  void start_fetch(TaskId id, Entry& entry, Address holder);
  void stop_fetch(TaskId id, Entry& entry);
  void erase_if_unneeded(TaskId id);

  Outbox& outbox_;
  Address self_;
  mutable base::IdMap<Entry> entries_;
  /// May hold tasks that are not ready any more: they are passed over when taken.
  std::map<int, base::Fifo<TaskId>, std::greater<>> ready_;
  std::size_t ready_count_ = 0;
  std::size_t running_count_ = 0;
  std::size_t open_count_ = 0;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace cohort::worker
