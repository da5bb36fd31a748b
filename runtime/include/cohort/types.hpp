#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

/// Ids, options, states and errors: the bottom of the library, which every layer may include.
namespace cohort {

/// Names a task and the value it makes. Never used twice within a run.
struct TaskId {
  std::uint32_t index = 0;       ///< place in the scheduler's table; reused once the task is forgotten
  std::uint32_t generation = 0;  ///< tells the users of one place apart; 0: no task

  auto operator<=>(const TaskId&) const = default;
};

/// What a future's task is doing.
enum class Status : std::uint8_t { pending, running, finished, failed, cancelled };

/// When `Client::wait` returns.
enum class When : std::uint8_t { all, first, first_failure };

/// No limit on a wait.
inline constexpr std::chrono::nanoseconds forever = std::chrono::nanoseconds::max();

/// How one task is run. Each member has a default that changes nothing.
struct TaskOptions {
  /// Shown in messages and errors.
  std::string label = {};
  /// Larger runs first, among the tasks that are ready.
  int priority = 0;
  /// Further attempts after a failure, >= 0.
  int retries = 0;
  /// Longest time the task may run; zero: no limit.
  std::chrono::nanoseconds timeout = {};
  /// Run on the worker of this rank only. A rank that is no worker's is a UsageError at `submit`.
  std::optional<int> rank = std::nullopt;
  /// Run in a process of its own, so that a crash is this task's failure alone.
  bool isolated = false;
};

/// How a client inside this process alone is set up.
struct LocalOptions {
  /// Slots, >= 1. 0: as many as the CPUs this process may use.
  int threads = 0;
};

/// Elements per task of a map, or per chunk of what is scattered.
struct Chunking {
  /// Elements in one chunk, >= 1; the last one has what is left. 0: measured on the first chunks and adapted while they
  /// run, so that the runtime's own cost stays under 1 % of the work, and no slot waits long for the last chunk.
  std::size_t items = 0;
};

/// How a collection was cut, and why.
struct ChunkingReport {
  std::size_t chunks = 0;                   ///< cut so far
  std::size_t least_items = 0;              ///< elements in the smallest chunk, the last one aside
  std::size_t most_items = 0;               ///< and in the largest
  bool complete = false;                    ///< all is cut
  std::chrono::nanoseconds element_time{};  ///< measured per element, lately; zero: nothing was measured
  std::string why = {};                     ///< a sentence
};

/// What a rank has sent and received since the start; segments of large values are counted in the bytes.
struct Traffic {
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_sent = 0;  ///< several messages travel in one packet
  std::uint64_t packets_received = 0;
};

/// Who failed and where. A mix-in: it does not derive from std::exception, so that `catch (const std::exception&)`
/// stays unambiguous for errors that are both.
struct TaskError {
  std::string label = {};      ///< TaskOptions::label
  int rank = -1;               ///< where the task ran; -1: nowhere yet
  std::string host = {};       ///< name of that rank's host
  int attempt = 0;             ///< counted from 0
  std::string type_name = {};  ///< the type that was thrown, readable
  std::string message = {};    ///< its what(), unchanged
  /// Index of the element in the range, for a map. Steps after a filter know it only where they run in one pass with
  /// what comes before.
  std::optional<std::size_t> element = std::nullopt;

  virtual ~TaskError() = default;

 protected:
  TaskError() = default;
  TaskError(const TaskError&) = default;
  TaskError(TaskError&&) = default;
  TaskError& operator=(const TaskError&) = default;
  TaskError& operator=(TaskError&&) = default;
};

/// The task, or one it needs, was cancelled.
struct TaskCancelled : std::runtime_error, TaskError {
  using std::runtime_error::runtime_error;
};

/// The task ran past its TaskOptions::timeout.
struct TaskTimedOut : std::runtime_error, TaskError {
  using std::runtime_error::runtime_error;
};

/// The process that ran the task ended or crashed.
struct TaskCrashed : std::runtime_error, TaskError {
  using std::runtime_error::runtime_error;
};

/// The worker that held or ran the task is gone, and no attempt is left.
struct WorkerLost : std::runtime_error, TaskError {
  using std::runtime_error::runtime_error;
};

/// The caller's own wait ran out of time; the future stays usable.
struct TimedOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the call waited for would not end within the time that is left, and is not started any more. The body may
/// save what it has and return; whether it does or lets this pass, the run ends with exit code 85.
struct TimeLimitReached : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A call that cannot be right: the text says what to do instead.
struct UsageError : std::logic_error {
  using std::logic_error::logic_error;
};

}  // namespace cohort

template <>
struct std::hash<cohort::TaskId> {
  std::size_t operator()(const cohort::TaskId& id) const noexcept {
    return (static_cast<std::size_t>(id.generation) << 32) ^ id.index;
  }
};
