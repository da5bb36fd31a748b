// Core: what futures and clients ask; and the untyped functions behind the public interface.
#include <algorithm>
#include <utility>

#include "client/core.hpp"
#include "wire/error_codec.hpp"

namespace cohort::detail {

void Core::require_owner(const FutureState& future) const {
  if (future.core != this) throw UsageError("this future belongs to another client: gather its value, and submit that");
}

scheduler::Submission Core::make_submission(CallRequest& request, TaskOptions&& options) {
  if (options.retries < 0) throw UsageError("TaskOptions::retries must not be negative");
  if (options.timeout < Time::zero()) throw UsageError("TaskOptions::timeout must not be negative");
  scheduler::Submission submission;
  submission.type = request.type;
  submission.payload = std::move(request.payload);
  submission.inputs.reserve(request.inputs.size());
  for (const FutureState* input : request.inputs) {
    require_owner(*input);
    submission.inputs.push_back(input->id);
  }
  submission.label = std::move(options.label);
  submission.priority = options.priority;
  submission.retries = options.retries;
  submission.broadcast = request.broadcast;
  submission.expected = request.expected;
  if (request.unwritable) {
    submission.failure = std::make_unique<wire::Failure>(wire::describe(request.unwritable));
    submission.failure->label = submission.label;
    submission.failure->host = options_.host;
    submission.failure->rank = options_.rank_of(0);
  }
  if (options.rank) {
    const Address last = worker_count();
    // Nearly always it is the address.
    if (*options.rank >= 1 && *options.rank <= last && options_.rank_of(*options.rank) == *options.rank) {
      submission.worker = *options.rank;
    }
    for (Address worker = 1; worker <= last && !submission.worker; ++worker) {
      if (options_.rank_of(worker) == *options.rank) submission.worker = worker;
    }
    if (!submission.worker) {
      // The last may be rank 0's own.
      const auto [lowest, highest] =
          std::minmax({options_.rank_of(1), options_.rank_of(std::max(1, last - 1)), options_.rank_of(last)});
      throw UsageError("TaskOptions::rank is " + std::to_string(*options.rank) +
                       ", which is no worker's: workers are rank " + std::to_string(lowest) + " to " +
                       std::to_string(highest));
    }
  }
  return submission;
}

FutureHandle Core::submit(CallRequest&& request, TaskOptions&& options) {
  scheduler::Submission submission = make_submission(request, std::move(options));
  // Both go after the lock, also if something is thrown: a future that goes takes it.
  FutureHandle future;
  struct Emptying {
    SmallVector<FutureHandle*>& given;
    ~Emptying() {
      for (FutureHandle* each : given) {
        if (*each != nullptr && (*each)->core == nullptr) each->reset();
      }
    }
  } const emptying{request.given};
  Lock lock = enter();
  require_open();
  if (options_.one_thread) look_at_clock();  // there is no helper that does
  const TaskId id = tasks().on_submit(std::move(submission), now_);
  if (sample_) {
    sample_->on_submit(look_at_clock());
    if (request.elements != 1 || request.chunk_was_chosen) {
      sampled_chunks_[id] = {request.elements, request.chunk_was_chosen};
    }
  }
  future = make_future(id);
  for (const FutureHandle* given : request.given) {
    if (*given == nullptr || (*given)->core == nullptr) continue;  // it was given twice
    if (given->use_count() != 1) continue;  // a copy of it is left: whoever has the last one says so
    // Nobody else has it: what others have done with their copies, they have done under this lock.
    (*given)->core = nullptr;
    --futures_;
    tasks().on_future_dropped((*given)->id, now_);
  }
  wake_helper();
  after_call();
  lock.unlock();
  for (FutureHandle* given : request.given) given->reset();
  return future;
}

FutureHandle Core::hold(Value value) {
  Encoder encoder(&code_map(), 0);
  value.box()->type().encode(*value.box(), encoder);
  const Lock lock = enter();
  require_open();
  const TaskId id = tasks().on_root_value(encoder.total_bytes());
  root_values_[id] = std::move(value);
  return make_future(id);
}

void Core::drop(TaskId id) noexcept try {
  std::shared_ptr<Core> last;  // goes after the lock
  const Lock lock = enter();
  if (--futures_ == 0) last = std::move(self_);
  if (closed_) return;
  tasks().on_future_dropped(id, now_);
  if (mailbox_.anything_waits()) wake_helper();
  after_call();
} catch (const std::exception& error) {
  options_.broken(error.what());
}

std::exception_ptr Core::exception_of(TaskId id) {
  Lock lock = enter();
  require_open();
  wait_or_throw(lock, id, Time::max());
  look_at(id);
  const auto failure = record(id).failure();
  return failure ? wire::rebuild(failure->failure) : nullptr;
}

Status Core::status_of(TaskId id) {
  Lock lock = enter();
  require_open();
  // Where nothing else makes progress, a loop that asks until the task is done must do so.
  if (options_.one_thread && !driving_) {
    look_at_clock();
    step();
    if (feeds_due_ || reading_feeds_due_) pump_feeds(lock, true);
  }
  return tasks().status(record(id));
}

void Core::cancel(TaskId id) {
  const Lock lock = enter();
  require_open();
  tasks().on_cancel(id, look_at_clock());
  wake_helper();
}

int Core::where(TaskId id) {
  Lock lock = enter();
  require_open();
  wait_or_throw(lock, id, Time::max());
  throw_if_failed(id);
  return options_.rank_of(record(id).place);
}

std::size_t Core::nbytes(TaskId id) {
  Lock lock = enter();
  require_open();
  wait_or_throw(lock, id, Time::max());
  throw_if_failed(id);
  return record(id).value_bytes;
}

void Core::look_at_all(FutureStates futures) {
  const Lock lock = enter();
  require_open();
  for (const FutureState* future : futures) {
    require_owner(*future);
    look_at(future->id);
  }
}

void Core::unwatch(TaskId id, Watcher& watcher) {
  auto [begin, end] = watchers_.equal_range(id);
  while (begin != end) begin = begin->second.watcher == &watcher ? watchers_.erase(begin) : std::next(begin);
}

std::vector<bool> Core::wait_for_several(FutureStates futures, Time timeout, When when) {
  class Counter final : public Watcher {
   public:
    explicit Counter(Core& core, FutureStates all) : core_(core), all_(all) {}
    void on_ended(std::size_t index) override {
      ++ended;
      if (core_.record(all_[index]->id).phase == scheduler::Phase::failed) ++failed;
    }
    std::size_t ended = 0;
    std::size_t failed = 0;

   private:
    Core& core_;
    FutureStates all_;
  };
  Lock lock = enter();
  require_open();
  for (const FutureState* future : futures) require_owner(*future);
  Counter counter(*this, futures);
  for (std::size_t i = 0; i < futures.size(); ++i) {
    if (tasks().ended(futures[i]->id))
      counter.on_ended(i);
    else
      watch(futures[i]->id, counter, i);
  }
  const auto enough = [&] {
    if (counter.ended == futures.size()) return true;
    return (when == When::first && counter.ended > 0) || (when == When::first_failure && counter.failed > 0);
  };
  const auto unwatch_all = [&] {
    for (const FutureState* future : futures) unwatch(future->id, counter);
  };
  try {
    drive_tasks(lock, enough, deadline_after(timeout));
  } catch (...) {
    unwatch_all();
    throw;
  }
  unwatch_all();
  std::vector<bool> ended(futures.size());
  for (std::size_t i = 0; i < futures.size(); ++i) ended[i] = tasks().ended(futures[i]->id);
  return ended;
}

void Core::run_on_all(CallRequest request, const std::vector<ValueReader*>& readers) {
  if (!request.inputs.empty()) throw UsageError("run_on_all takes no futures");
  if (request.unwritable) std::rethrow_exception(request.unwritable);
  std::vector<CallAnswer> answers(static_cast<std::size_t>(worker_count()));
  Lock lock = enter();
  require_open();
  wire::Call call;
  call.type = modules_->to_code(request.type);
  call.payload = std::move(request.payload);
  std::vector<std::uint64_t> tickets;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto worker = static_cast<Address>(i + 1);
    announce_modules(worker);
    call.ticket = next_ticket_++;
    tickets.push_back(call.ticket);
    calls_[call.ticket] = &answers[i];
    mailbox_.post(worker, call);
  }
  const auto forget = [&] {
    for (const std::uint64_t ticket : tickets) calls_.erase(ticket);
  };
  try {
    drive(
        lock, [&] { return std::all_of(answers.begin(), answers.end(), [](const auto& a) { return a.arrived; }); },
        Time::max());
  } catch (...) {
    forget();
    throw;
  }
  forget();
  lock.unlock();
  for (const CallAnswer& answer : answers) {
    if (answer.message.failure) std::rethrow_exception(wire::rebuild(*answer.message.failure));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Decoder decoder(answers[i].message.bytes.view(), modules_.get());
    readers[i]->read_bytes(decoder);
  }
}

// --- CompletionQueue
// --------------------------------------------------------------------------------------------------

class CompletionQueue::State final : public Core::Watcher {
 public:
  void on_ended(std::size_t index) override { ended.push_back(index); }

  std::vector<FutureHandle> futures;  ///< each distinct one once; null once handed out
  std::deque<std::size_t> ended;      ///< in the order they ended, not handed out
  std::size_t handed_out = 0;
};

CompletionQueue::CompletionQueue(std::vector<FutureHandle> futures) : state_(std::make_unique<State>()) {
  std::unordered_map<TaskId, bool> seen;
  for (FutureHandle& future : futures) {
    // First: futures of different clients may have the same id.
    if (!state_->futures.empty()) state_->futures[0]->core->require_owner(*future);
    if (!seen.emplace(future->id, true).second) continue;
    state_->futures.push_back(std::move(future));
  }
  if (state_->futures.empty()) return;
  Core& core = *state_->futures[0]->core;
  const Core::Lock lock = core.enter();
  core.require_open();
  for (std::size_t i = 0; i < state_->futures.size(); ++i) {
    const TaskId id = state_->futures[i]->id;
    if (core.tasks().ended(id))
      state_->on_ended(i);
    else
      core.watch(id, *state_, i);
  }
}

CompletionQueue::~CompletionQueue() {
  const auto left =
      std::find_if(state_->futures.begin(), state_->futures.end(), [](const auto& f) { return f != nullptr; });
  if (left == state_->futures.end()) return;
  Core& core = *(*left)->core;
  const Core::Lock lock = core.enter();
  for (const FutureHandle& future : state_->futures) {
    if (future) core.unwatch(future->id, *state_);
  }
}

FutureHandle CompletionQueue::next() {
  if (state_->handed_out == state_->futures.size()) return nullptr;
  const auto left =
      std::find_if(state_->futures.begin(), state_->futures.end(), [](const auto& f) { return f != nullptr; });
  Core& core = *(*left)->core;
  Core::Lock lock = core.enter();
  core.require_open();
  core.drive_tasks(
      lock, [&] { return !state_->ended.empty(); }, Time::max());
  const std::size_t index = state_->ended.front();
  state_->ended.pop_front();
  ++state_->handed_out;
  core.unwatch(state_->futures[index]->id, *state_);
  return std::move(state_->futures[index]);
}

// --- the functions that the templates call
// ----------------------------------------------------------------------------

FutureState::~FutureState() {
  if (core != nullptr) core->drop(id);
}

FutureHandle submit(const std::shared_ptr<Core>& core, CallRequest&& request, TaskOptions&& options) {
  return core->submit(std::move(request), std::move(options));
}
FutureHandle hold(const std::shared_ptr<Core>& core, Value value) { return core->hold(std::move(value)); }
std::shared_ptr<Core> core_of(const FutureState& future) { return future.core->shared_from_this(); }
CodeMap& code_map(Core& core) { return core.code_map(); }
int worker_count(Core& core) { return core.worker_count(); }
int slot_count(Core& core) { return core.slot_count(); }
Traffic traffic(Core& core) { return core.traffic(); }
std::chrono::nanoseconds time_left(Core& core) { return core.time_left(); }

void read_value(const FutureState& future, std::chrono::nanoseconds timeout, ValueReader& reader) {
  future.core->read_value(future.id, timeout, reader);
}
std::exception_ptr exception_of(const FutureState& future) { return future.core->exception_of(future.id); }
Status status_of(const FutureState& future) { return future.core->status_of(future.id); }
void cancel(const FutureState& future) { future.core->cancel(future.id); }
int where(const FutureState& future) { return future.core->where(future.id); }
std::size_t nbytes(const FutureState& future) { return future.core->nbytes(future.id); }

std::vector<bool> wait_for_several(FutureStates futures, std::chrono::nanoseconds timeout, When when) {
  if (futures.empty()) return {};
  return futures[0]->core->wait_for_several(futures, timeout, when);
}

void run_on_all(Core& core, CallRequest request, const std::vector<ValueReader*>& readers) {
  core.run_on_all(std::move(request), readers);
}

}  // namespace cohort::detail
