#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cohort/detail/erased.hpp"
#include "cohort/types.hpp"

/// The client without types: what the templates of the public interface call.
namespace cohort::detail {

class Core;

/// The hold that all copies of one future have on their task together. As long as there is one, the core lives.
class FutureState {
 public:
  FutureState(Core& owner, TaskId task) : core(&owner), id(task) {}
  FutureState(const FutureState&) = delete;
  FutureState& operator=(const FutureState&) = delete;
  ~FutureState();

  /// Null once submit() has let go of it, and there is nothing left to tell. A flag would cost 32 bytes, a million
  /// times.
  mutable Core* core;
  const TaskId id;
};

using FutureHandle = std::shared_ptr<const FutureState>;

/// A call that is to be run, with everything of it that has a type written down.
struct CallRequest {
  const TaskType* type = nullptr;
  SmallBytes payload;
  /// They must live until the call is submitted: whoever makes it has them, or they are kept here.
  SmallVector<const FutureState*> inputs;
  std::vector<FutureHandle> kept;
  /// Of the caller's futures, those that are given away: let go of, and emptied, as the call is submitted.
  SmallVector<FutureHandle*> given;
  bool broadcast = false;
  /// How long it will run, if that is known.
  std::chrono::nanoseconds expected{};
  /// Of the collection's range, that are in this chunk; 1 for a task of none.
  std::size_t elements = 1;
  /// Their number was chosen by what was measured.
  bool chunk_was_chosen = false;
  /// Set: an argument could not be written; the task fails with this, without being sent anywhere.
  std::exception_ptr unwritable;
};

/// What makes a typed object of a value that has come.
class ValueReader {
 public:
  virtual ~ValueReader() = default;
  /// The value as it lies in this process; others may read it at the same time.
  virtual void read_object(const Value& value) = 0;
  /// The value as it travels. May block while segments come in.
  virtual void read_bytes(Decoder& decoder) = 0;
};

// All of these throw UsageError once the client has ended.

FutureHandle submit(const std::shared_ptr<Core>& core, CallRequest&& request, TaskOptions&& options);
/// A value that stays in this process until a task takes it.
FutureHandle hold(const std::shared_ptr<Core>& core, Value value);
std::shared_ptr<Core> core_of(const FutureState& future);
CodeMap& code_map(Core& core);
int worker_count(Core& core);
int slot_count(Core& core);
Traffic traffic(Core& core);
std::chrono::nanoseconds time_left(Core& core);

/// Waits, throws what the task threw, or lets `reader` have the value. Throws TimedOut if `timeout` ran out first.
void read_value(const FutureState& future, std::chrono::nanoseconds timeout, ValueReader& reader);
/// Waits; null if it went well. Counts as looking.
std::exception_ptr exception_of(const FutureState& future);
Status status_of(const FutureState& future);
void cancel(const FutureState& future);
int where(const FutureState& future);
std::size_t nbytes(const FutureState& future);

/// Futures that somebody else holds meanwhile.
using FutureStates = std::span<const FutureState* const>;

/// Waits for several; returns for each whether it has ended.
std::vector<bool> wait_for_several(FutureStates futures, std::chrono::nanoseconds timeout, When when);
/// Asks for the values of those that have ended, so that they are on their way when they are read.
class Prefetch {
 public:
  explicit Prefetch(FutureStates futures);
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;
  ~Prefetch();
  /// As detail::read_value, of future `index`; to be called in rising order.
  void read(std::size_t index, ValueReader& reader);
  /// Every failure among the futures is to be marked as seen: each as it is read, what is left when this object goes.
  /// All futures must be of one client.
  void look_at_all();

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Hands out futures in the order they end.
class CompletionQueue {
 public:
  explicit CompletionQueue(std::vector<FutureHandle> futures);
  CompletionQueue(const CompletionQueue&) = delete;
  CompletionQueue& operator=(const CompletionQueue&) = delete;
  ~CompletionQueue();
  /// Waits for the next; null after the last.
  FutureHandle next();

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Calls once on each worker and waits; `reader(i)` reads the i-th worker's value. Throws the first failure, by worker.
void run_on_all(Core& core, CallRequest request, const std::vector<ValueReader*>& readers);

}  // namespace cohort::detail
