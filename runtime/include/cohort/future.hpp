#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

#include "cohort/detail/core.hpp"
#include "cohort/detail/task_type.hpp"
#include "cohort/detail/typed_reader.hpp"
#include "cohort/types.hpp"

namespace cohort {

class Client;

/// A handle on a task and on the value it makes. Cheap to copy, usable from any thread; the value lives on its worker
/// until the last copy is gone. Every member throws UsageError when the client has ended, or for a future made by
/// default.
template <class T>
class Future {
  static_assert(std::is_same_v<T, std::decay_t<T>>, "a Future holds a value: name the type without reference or const");

 public:
  /// Stands for no task, until one is assigned to it.
  Future() = default;

  /// Waits until the task has ended and brings its value here.
  ///
  /// Blocks the calling thread; other threads may call it on the same future. Each call copies or fetches the value
  /// anew. throws  what the task threw (see TaskError); TaskCancelled; WorkerLost, once no attempt is left.
  T result() const { return result(forever); }

  /// The same, for at most `timeout`.
  /// throws  TimedOut when it ran out; the future stays usable.
  T result(std::chrono::nanoseconds timeout) const {
    detail::TypedReader<T> reader;
    detail::read_value(state(), timeout, reader);
    return reader.take();
  }

  /// Waits until the task has ended; what result() would throw, or null if it went well. The value stays where it is.
  std::exception_ptr exception() const { return detail::exception_of(state()); }

  /// Never blocks. A task counts as running once its worker has said so, which short tasks never do.
  Status status() const { return detail::status_of(state()); }

  /// Whether the task is finished, failed or cancelled. Never blocks.
  bool done() const {
    const Status now = status();
    return now != Status::pending && now != Status::running;
  }

  /// Drops the task if it has not started, together with all that need it; tells it to stop if it runs
  /// (this_task::stop_requested). Either way the future is cancelled. Without effect on a task that has ended.
  void cancel() { detail::cancel(state()); }

  /// A task that calls f with this future's value: `submit(f, *this)`. Of a future that is given away
  /// (`std::move(x).then(f)`) f may be given the object itself.
  template <class F>
  auto then(F&& f) const&;
  template <class F>
  auto then(F&& f) &&;

  /// Waits until the task has ended; the rank that holds its value. Throws as result().
  int where() const { return detail::where(state()); }

  /// Waits until the task has ended; bytes of its value as it would travel. Throws as result().
  std::size_t nbytes() const { return detail::nbytes(state()); }

 private:
  friend class Client;
  template <class U>
  friend class CompletionRange;
  friend struct FutureAccess;

  explicit Future(detail::FutureHandle handle) : handle_(std::move(handle)) {}

  const detail::FutureState& state() const {
    if (!handle_) throw UsageError("this future stands for no task: it was made by default or moved from");
    return *handle_;
  }

  detail::FutureHandle handle_;
};

/// For the library: between futures and what they hold.
struct FutureAccess {
  template <class T>
  static const detail::FutureHandle& handle(const Future<T>& future) {
    future.state();
    return future.handle_;
  }
  template <class T>
  static detail::FutureHandle& handle(Future<T>& future) {
    future.state();
    return future.handle_;
  }
  template <class T>
  static Future<T> make(detail::FutureHandle handle) {
    return Future<T>(std::move(handle));
  }
};

}  // namespace cohort
