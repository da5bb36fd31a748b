#include "worker/task_execution.hpp"

#include <optional>
#include <utility>

#include "base/shared_memory.hpp"
#include "wire/error_codec.hpp"

namespace cohort::worker {

namespace {

/// Below this a copy costs less than a thread that waits for the segments.
constexpr std::size_t kCopyBytes = 256 * 1024;

/// Makes objects of what came as bytes.
detail::SmallVector<detail::TaskInput> open_inputs(StartedTask& task, const detail::TaskType& type,
                                                   detail::CodeMap& code) {
  detail::SmallVector<detail::TaskInput> opened;
  opened.reserve(task.inputs.size());
  if (task.inputs.empty()) return opened;  // if there should be some, the call itself finds out
  for_each_input_type(type, task.work->payload, code, [&](const detail::ValueType* value_type) {
    if (opened.size() == task.inputs.size()) throw detail::DecodeError("a task has fewer inputs than its call");
    StartedTask::Input& input = task.inputs[opened.size()];
    detail::TaskInput& made = opened.emplace_back();
    made.value = input.may_move ? input.value.take(value_type, code) : input.value.open(value_type, code);
    input.value = {};
    // Still being sent to somebody: then it must stay as it is.
    made.may_move = input.may_move && made.value && made.value.box()->unique();
  });
  return opened;
}

wire::Failure failure_here(const Site& site, const RunningTask& running) {
  wire::Failure failure = wire::describe(std::current_exception());
  if (failure.host.empty()) {  // else it is the failure of another task, passed on
    failure.label = running.label;
    failure.host = site.host;
    failure.rank = site.rank;
    failure.attempt = running.attempt;
    failure.element = running.failed_element;
  }
  return failure;
}

}  // namespace

Ended execute(StartedTask& task, RunningTask& running, const Site& site, detail::CodeMap& code,
              const std::function<base::Time()>& clock) {
  Ended ended;
  ended.done.id = task.id;
  ended.done.attempt = task.attempt;
  const ThisTask here(running);
  try {
    const detail::TaskType& type = task_type_at(task.work->type, code);
    detail::SmallVector<detail::TaskInput> opened = open_inputs(task, type, code);
    detail::TaskCall call{detail::Decoder(task.work->payload.view(), &code), opened, {}};
    {
      std::optional<base::ShareableScope> shareable;
      if (running.shared_types != nullptr && running.shared_types->contains(type.result)) shareable.emplace(true);
      type.run(call);
    }
    ended.when = clock();
    ended.done.duration_ns = static_cast<std::uint64_t>((ended.when - running.started).count());
    opened.clear();
    if (type.result != nullptr) {
      detail::Encoder encoder(&code, kSmallValueBytes);
      type.result->encode(*call.result.box(), encoder);
      ended.done.value_bytes = encoder.total_bytes();
      ended.done.small = !encoder.overflowed() && encoder.segments().empty();
      if (ended.done.small) ended.done.bytes = std::move(encoder.bytes());
    } else {
      ended.done.small = true;
    }
    ended.value = std::move(call.result);
  } catch (...) {
    ended.when = clock();
    ended.done.outcome = wire::Done::Outcome::failed;
    ended.done.failure = failure_here(site, running);
  }
  return ended;
}

wire::CallDone execute(const wire::Call& call, const Site& site, detail::CodeMap& code) {
  wire::CallDone done;
  done.ticket = call.ticket;
  RunningTask running;
  running.rank = site.rank;
  const ThisTask here(running);
  try {
    const detail::TaskType& type = task_type_at(call.type, code);
    detail::TaskCall typed{detail::Decoder(call.payload.view(), &code), {}, {}};
    type.run(typed);
    if (type.result != nullptr) {
      detail::Encoder encoder(&code);
      encoder.copy_everything();
      type.result->encode(*typed.result.box(), encoder);
      done.bytes = std::move(encoder.bytes());
    }
  } catch (...) {
    done.failure = failure_here(site, running);
  }
  return done;
}

OutgoingValue encode_for_sending(const detail::Value& value, detail::CodeMap& code) {
  if (!value) return {};
  const detail::ValueType& type = value.box()->type();
  detail::Encoder encoder(&code);
  type.encode(*value.box(), encoder);
  if (!encoder.segments().empty() && !type.may_fill_later && encoder.total_bytes() < kCopyBytes) {
    detail::Encoder copier(&code);
    copier.copy_everything();
    type.encode(*value.box(), copier);
    return {std::move(copier.bytes()), {}};
  }
  return {std::move(encoder.bytes()), encoder.segments()};
}

}  // namespace cohort::worker
