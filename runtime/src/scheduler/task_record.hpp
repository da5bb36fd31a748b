#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/thin_vector.hpp"
#include "base/time.hpp"
#include "cohort/detail/bytes.hpp"
#include "cohort/detail/erased.hpp"
#include "cohort/types.hpp"
#include "scheduler/address_list.hpp"
#include "scheduler/task_id_list.hpp"
#include "wire/messages.hpp"

namespace cohort::scheduler {

using base::Time;

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
  TaskIdList inputs;
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

/// What hardly any tasks have.
struct RareExtras {
  std::string label;
  std::shared_ptr<FailureRecord> failure;  ///< of a task that failed or was cancelled
  detail::SmallBytes payload;              ///< of a task that has finished and may run again
};

/// What not all tasks have: at most a cache line.
struct TaskExtras {
  AddressList replicas;               ///< workers other than `place` that have, or will have, a copy of the value
  base::ThinVector<Address> copying;  ///< broadcast: those of them that have not reported their copy
  Address worker = kNowhere;          ///< kNowhere: any
  Address thief = kNowhere;           ///< who gets it when the recall is answered
  int retries = 0;                    ///< that are left
  std::uint32_t child_records = 0;    ///< uses as an input by records that exist; counted with keep_lineage only
  bool broadcast = false;
  std::unique_ptr<RareExtras> rare;

  /// Returns whether it had not reported its copy.
  bool end_copying(Address replica) {
    const std::size_t before = copying.size();
    copying.erase_if([&](Address other) { return other == replica; });
    return copying.size() < before;
  }

  static void* operator new(std::size_t bytes) { return detail::take_small(bytes); }
  static void operator delete(void* extras, std::size_t bytes) noexcept { detail::give_small(extras, bytes); }
};
static_assert(sizeof(TaskExtras) <= 64);

/// All the scheduler knows about one task and its value: two cache lines.
struct TaskRecord {
  TaskId id;
  Phase phase = Phase::unused;
  std::uint8_t : 8;              // phase and flags are written at different times: to read both at once would wait
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
  TaskIdList inputs;
  TaskIdList dependents;     ///< one for each use
  detail::SmallBytes bytes;  ///< payload, until it has finished; then the value, if it is small
  std::unique_ptr<TaskExtras> extras;

  TaskExtras& extra() {
    if (!extras) extras = std::make_unique<TaskExtras>();
    return *extras;
  }
  RareExtras& rare() {
    if (!extra().rare) extras->rare = std::make_unique<RareExtras>();
    return *extras->rare;
  }
  /// Empty if it has none.
  const std::string& label() const {
    static const std::string kNone;
    return extras && extras->rare ? extras->rare->label : kNone;
  }
  /// What hangs off the record will be used soon. Of thousands of tasks it is in no near cache.
  void prefetch_parts() const {
    inputs.prefetch();
    dependents.prefetch();
    bytes.prefetch();
    __builtin_prefetch(extras.get(), 1);
  }
  std::shared_ptr<FailureRecord> failure() const { return extras && extras->rare ? extras->rare->failure : nullptr; }
  std::uint32_t child_records() const { return extras ? extras->child_records : 0; }
};

// A pending task may cost rank 0 a few hundred bytes, future and payload included.
static_assert(sizeof(TaskRecord) <= 128);

}  // namespace cohort::scheduler
