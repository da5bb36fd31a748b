// Core: values on their way to a thread that wants them.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "client/core.hpp"
#include "transport/incoming_segments.hpp"
#include "wire/error_codec.hpp"

namespace cohort::detail {

/// Segments that the reading thread waits for itself, one by one.
class Core::Segments final : public transport::IncomingSegments {
 public:
  Segments(Core& core, Request& request)
      : IncomingSegments(std::move(request.message.segment_bytes), request.message.shared,
                         [&core, from = request.from, transfer = request.message.transfer](MutableSegment into) {
                           return core.mailbox_.receive(from, transfer, into);
                         }),
        core_(core) {}

  void read(MutableSegment into) override {
    Lock lock = core_.enter();
    IncomingSegments::read(into);
    wait(lock);
  }
  void drain_and_wait(Lock& lock) {
    drain();
    wait(lock);
  }

 private:
  void on_asked(std::uint64_t ticket) override {
    ++outstanding_;
    core_.receiving_[ticket] = &outstanding_;
  }
  // Without a limit: the sender has everything under way, and a broken one ends the run.
  void wait(Lock& lock) {
    core_.drive(
        lock, [&] { return outstanding_ == 0; }, Time::max());
  }

  Core& core_;
  std::size_t outstanding_ = 0;
};

void Core::read_value(TaskId id, std::chrono::nanoseconds timeout, ValueReader& reader) {
  Lock lock = enter();
  require_open();
  const Time deadline = deadline_after(timeout);
  wait_or_throw(lock, id, deadline);
  read_ended(lock, id, nullptr, deadline, reader);
}

/// The task has ended: throws its failure, or lets `reader` have the value, from where it is. Lets go of the lock.
void Core::read_ended(Lock& lock, TaskId id, Request* request, Time deadline, ValueReader& reader) {
  throw_if_failed(id);
  const scheduler::TaskRecord& task = record(id);
  if (const Value* value = root_values_.find(id)) {
    const Value here = *value;
    lock.unlock();
    reader.read_object(here);
    return;
  }
  if (task.small) {
    // Copied out, since reading runs the user's code, which must not hold the lock.
    const SmallBytes bytes = task.bytes;
    lock.unlock();
    Decoder decoder(bytes.view(), modules_.get());
    reader.read_bytes(decoder);
    return;
  }
  Request own;
  if (request == nullptr || request->ticket == 0) {
    request = &own;
    start_request(own, id);
  }
  read_request(lock, *request, deadline, reader);
}

void Core::start_request(Request& request, TaskId id) {
  request.id = id;
  request.ticket = next_ticket_++;
  requests_[request.ticket] = &request;
  mailbox_.post(record(id).place, wire::Fetch{id, request.ticket});
}

void Core::read_request(Lock& lock, Request& request, Time deadline, ValueReader& reader) {
  bool in_time = false;
  try {
    in_time = drive(
        lock, [&] { return request.arrived; }, deadline);
  } catch (...) {
    forget_request(lock, request);
    throw;
  }
  if (!in_time) {
    forget_request(lock, request);
    throw TimedOut("the wait ran out of time while the value was fetched; its future stays usable");
  }
  requests_.erase(request.ticket);
  request.ticket = 0;
  if (request.message.failure) std::rethrow_exception(wire::rebuild(*request.message.failure));
  Segments segments(*this, request);
  const SmallBytes bytes = std::move(request.message.bytes);
  Decoder decoder(bytes.view(), modules_.get(), &segments);
  lock.unlock();
  try {
    reader.read_bytes(decoder);
  } catch (...) {
    Lock again = enter();
    segments.drain_and_wait(again);
    throw;
  }
  if (!segments.all_asked()) {
    Lock again = enter();
    segments.drain_and_wait(again);
  }
}

/// Nobody waits for it any more; a value that has come is taken in all the same, so that its sender gets rid of it.
void Core::forget_request(Lock& lock, Request& request) {
  if (request.ticket == 0) return;
  requests_.erase(request.ticket);
  const std::uint64_t ticket = std::exchange(request.ticket, 0);
  if (closed_ || (request.arrived && request.message.transfer == 0)) return;
  if (request.arrived) {
    Segments(*this, request).drain_and_wait(lock);
    return;
  }
  if (const scheduler::TaskRecord* task = tasks().find(request.id)) {
    mailbox_.post(task->place, wire::Unfetch{request.id, ticket});
  }
}

// --- Prefetch
// ---------------------------------------------------------------------------------------------------------

class Prefetch::State {
 public:
  explicit State(FutureStates all) : futures(all) {}

  FutureStates futures;
  std::unordered_map<std::size_t, Core::Request> requests;  ///< by index
  std::size_t next = 0;                                     ///< the first that was not asked for
  std::size_t bytes = 0;                                    ///< asked for and not read
  std::vector<SmallBytes> small;                            ///< values copied ahead, of futures[small_begin] and on
  std::size_t small_begin = 0;
  bool looks_at_all = false;
  std::size_t not_looked_at = 0;  ///< the first that is still to be marked as seen
};

namespace {

/// Values asked for ahead of the one that is read.
constexpr std::size_t kAhead = 64;
constexpr std::size_t kAheadBytes = std::size_t{64} << 20;
/// Small values that are taken while the lock is held.
constexpr std::size_t kSmallAhead = 256;

}  // namespace

Prefetch::Prefetch(FutureStates futures) : state_(std::make_unique<State>(futures)) {}

Prefetch::~Prefetch() {
  if (state_->looks_at_all && state_->not_looked_at < state_->futures.size()) {
    try {
      const FutureStates left = state_->futures.subspan(state_->not_looked_at);
      left[0]->core->look_at_all(left);
    } catch (const std::exception&) {
      // The client has ended, and has listed what nobody has seen.
    }
  }
  for (auto& [index, request] : state_->requests) {
    if (request.ticket == 0) continue;
    Core& core = *state_->futures[index]->core;
    Core::Lock lock = core.enter();
    try {
      core.forget_request(lock, request);
    } catch (const std::exception&) {
      // The client has ended: nobody waits for anything any more.
    }
  }
}

void Prefetch::look_at_all() {
  state_->looks_at_all = true;
  for (const FutureState* future : state_->futures) state_->futures[0]->core->require_owner(*future);
}

void Prefetch::read(std::size_t index, ValueReader& reader) {
  State& state = *state_;
  const FutureState& future = *state.futures[index];
  Core& core = *future.core;
  const auto read_small = [&] {
    Decoder decoder(state.small[index - state.small_begin].view(), core.modules_.get());
    reader.read_bytes(decoder);
  };
  if (index - state.small_begin < state.small.size()) return read_small();

  Core::Lock lock = core.enter();
  core.require_open();
  core.wait_or_throw(lock, future.id, Time::max());
  state.small.clear();
  state.small_begin = index;
  for (const FutureState* next : state.futures.subspan(index)) {
    const scheduler::TaskRecord* task = core.tasks().find(next->id);
    if (task == nullptr || !task->small || !scheduler::SchedulerState::ended(*task)) break;
    core.look_at(next->id);
    state.small.push_back(task->bytes);
    if (state.small.size() == kSmallAhead) break;
  }
  state.not_looked_at = index + std::max<std::size_t>(state.small.size(), 1);
  if (!state.small.empty()) {
    lock.unlock();
    return read_small();
  }

  state.next = std::max(state.next, index);
  while (state.next < state.futures.size() && state.next < index + kAhead && state.bytes < kAheadBytes) {
    const TaskId id = state.futures[state.next]->id;
    if (!core.tasks().ended(id)) break;
    const scheduler::TaskRecord& task = core.record(id);
    if (task.phase == scheduler::Phase::finished && !task.small && core.root_values_.find(id) == nullptr) {
      core.start_request(state.requests[state.next], id);
      state.bytes += task.value_bytes;
    }
    ++state.next;
  }
  const auto asked = state.requests.find(index);
  Core::Request* request = asked == state.requests.end() ? nullptr : &asked->second;
  if (request != nullptr) state.bytes -= core.record(future.id).value_bytes;
  core.read_ended(lock, future.id, request, Time::max(), reader);
  state.requests.erase(index);
}

}  // namespace cohort::detail
