#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/free_list.hpp"
#include "base/thin_vector.hpp"
#include "base/time.hpp"
#include "cohort/detail/bytes.hpp"
#include "cohort/detail/erased.hpp"
#include "cohort/types.hpp"
#include "wire/messages.hpp"

namespace cohort::scheduler {

using base::Time;
using wire::Address;

/// Rank 0 itself, which may hold values but runs no tasks.
inline constexpr Address kRoot = 0;
inline constexpr Address kNowhere = -1;

/// Most have one or two.
using AddressList = boost::container::small_vector<Address, 4>;
/// Returns whether it was there.
inline bool erase(AddressList& list, Address address) {
  const auto end = std::remove(list.begin(), list.end(), address);
  const bool was_there = end != list.end();
  list.erase(end, list.end());
  return was_there;
}
inline bool contains(const AddressList& list, Address address) {
  return std::find(list.begin(), list.end(), address) != list.end();
}

/// A failure, shared by the task that failed and all that need it.
struct FailureRecord {
  wire::Failure failure;
  /// The user has seen it.
  bool looked_at = false;
};

/// What a client asks for.
struct Submission {
  const detail::TaskType* type = nullptr;
  detail::SmallBytes payload;
  /// Each must have a future.
  base::ThinVector<TaskId> inputs;
  std::string label;
  int priority = 0;
  int retries = 0;
  /// This worker only.
  std::optional<Address> worker;
  /// A copy of the value goes to every worker.
  bool broadcast = false;
  /// How long it is expected to run; zero: as such calls usually do.
  Time expected{};
  /// The task cannot be sent: it fails with this.
  std::unique_ptr<wire::Failure> failure;
};

/// The way of a task: (reserved ->) blocked -> (ready | parked) -> assigned -> finished | failed | cancelled. A recall
/// or the loss of a worker leads back to the start. When the time is nearly up, the way ends at withheld.
enum class Phase : std::uint8_t {
  unused,    ///< no task here
  reserved,  ///< a future stands for it; what it is to do will be known later
  blocked,   ///< an input has no place yet
  ready,     ///< in the ready queue: any worker will do
  parked,    ///< a worker was chosen, which has its hands full; in that worker's queue
  withheld,  ///< would not end in time: not started any more
  assigned,  ///< sent to a worker
  finished,
  failed,
  cancelled,
};

inline bool has_ended(Phase phase) { return phase >= Phase::finished; }

/// One link of a queue that runs through the task table.
struct QueueLink {
  std::uint32_t previous = kEnd;
  std::uint32_t next = kEnd;
  static constexpr std::uint32_t kEnd = UINT32_MAX;
};

/// What few tasks have.
struct TaskExtras {
  AddressList replicas;  ///< workers other than `place` that have, or will have, a copy of the value
  AddressList copying;   ///< broadcast: those of them that have not reported their copy
  std::string label;
  std::optional<Address> worker;
  int retries = 0;  ///< that are left
  bool broadcast = false;
  std::shared_ptr<FailureRecord> failure;  ///< of a task that failed or was cancelled
  detail::SmallBytes payload;              ///< of a task that has finished and may run again
  std::uint32_t child_records = 0;         ///< uses as an input by records that exist; counted with keep_lineage only
  Address thief = kNowhere;                ///< who gets it when the recall is answered

  static void* operator new(std::size_t bytes);
  static void operator delete(void* extras) noexcept;
};
inline void* TaskExtras::operator new(std::size_t) { return base::FreeLists<sizeof(TaskExtras)>::take(); }
inline void TaskExtras::operator delete(void* extras) noexcept { base::FreeLists<sizeof(TaskExtras)>::give(extras); }

/// All the scheduler knows about one task and its value: two cache lines.
struct TaskRecord {
  TaskId id;
  Phase phase = Phase::unused;
  bool wanted : 1 = false;       ///< a future is alive
  bool looked_at : 1 = false;    ///< the user will see its failure
  bool small : 1 = false;        ///< `bytes` is the value as it travels
  bool started : 1 = false;      ///< the worker said that it runs
  bool recalling : 1 = false;    ///< Recall was sent and not answered
  bool away : 1 = false;         ///< ended here, but the worker has not answered yet
  bool released : 1 = false;     ///< the holders were told that nobody else needs the value
  bool lent : 1 = false;         ///< the worker of its last user was told so: it may let it have its copy
  bool fixed : 1 = false;        ///< an input was released for it: before it runs elsewhere, that must be taken back
  bool expected : 1 = false;     ///< `estimate` was given with the task
  bool guessed : 1 = false;      ///< `estimate` rests on little: few such calls were measured
  bool sent_before : 1 = false;  ///< others may wait for it at their workers: it must not wait behind them
  bool from_front : 1 = false;   ///< of the ready queue
  bool from_back : 1 = false;    ///< the same
  Address place = kNowhere;      ///< assigned to, or holder of the value
  std::int32_t priority = 0;
  std::uint32_t attempt = 0;
  std::uint32_t unplaced_inputs = 0;  ///< inputs that are neither assigned nor finished
  std::uint32_t open_dependents = 0;  ///< uses as an input by tasks that have not ended
  QueueLink link;
  const detail::TaskType* type = nullptr;
  Time estimate{};  ///< what it counts for in its worker's load; once finished: how long it took
  Time expected_end{};
  std::uint64_t value_bytes = 0;
  base::ThinVector<TaskId> inputs;
  base::ThinVector<TaskId> dependents;  ///< one for each use
  detail::SmallBytes bytes;             ///< payload, until it has finished; then the value, if it is small
  std::unique_ptr<TaskExtras> extras;

  TaskExtras& extra() {
    if (!extras) extras = std::make_unique<TaskExtras>();
    return *extras;
  }
  /// What hangs off the record will be used soon. Of thousands of tasks it is in no near cache.
  void prefetch_parts() const {
    inputs.prefetch();
    dependents.prefetch();
    bytes.prefetch();
    __builtin_prefetch(extras.get(), 1);
  }
  std::shared_ptr<FailureRecord> failure() const { return extras ? extras->failure : nullptr; }
  std::uint32_t child_records() const { return extras ? extras->child_records : 0; }
};

// A pending task may cost rank 0 a few hundred bytes, future and payload included.
static_assert(sizeof(TaskRecord) <= 128);

}  // namespace cohort::scheduler
