// Worker: what comes in and what goes out.
#include <type_traits>
#include <utility>

#include "wire/error_codec.hpp"
#include "worker/arrival.hpp"

namespace cohort::worker {

void Worker::on_message(Address from, wire::Message& message) {
  std::visit(
      [&]<class M>(M& m) {
        constexpr bool is_new_work = std::is_same_v<M, wire::Assign> || std::is_same_v<M, wire::AssignCall>;
        somebody_waits_ = somebody_waits_ || !(is_new_work || std::is_same_v<M, wire::Release>);
        if constexpr (std::is_same_v<M, wire::AssignCall>) {
          state_.on_assign(m.id, 0, 0, TaskWork{m.type, {}, std::move(m.payload)}, {});
        } else if constexpr (std::is_same_v<M, wire::Assign>) {
          on_assign(m);
        } else if constexpr (std::is_same_v<M, wire::Release>) {
          state_.on_release(m.id);
        } else if constexpr (std::is_same_v<M, wire::Recall>) {
          state_.on_recall(m.id);
        } else if constexpr (std::is_same_v<M, wire::Cancel>) {
          state_.on_cancel(m.id);
        } else if constexpr (std::is_same_v<M, wire::Relocate>) {
          state_.on_relocate(m.id, m.holder);
          known_types_.clear();
        } else if constexpr (std::is_same_v<M, wire::Hold>) {
          // The type of the task that makes it tells the type of the value.
          known_types_[m.id] = result_type_at(m.type);
          state_.on_hold(m.id, m.holder);
          known_types_.clear();
        } else if constexpr (std::is_same_v<M, wire::Fetch>) {
          state_.on_fetch(from, m.id, m.ticket);
        } else if constexpr (std::is_same_v<M, wire::Unfetch>) {
          state_.on_unfetch(from, m.id, m.ticket);
        } else if constexpr (std::is_same_v<M, wire::ValueIs>) {
          on_value(from, m);
        } else if constexpr (std::is_same_v<M, wire::Call>) {
          on_call(std::move(m));
        } else if constexpr (std::is_same_v<M, wire::ModuleIs>) {
          modules_.learn(m.index, {m.module.identity, m.module.name});
        } else if constexpr (std::is_same_v<M, wire::Stop>) {
          // The order to leave at once may follow the one to leave in time.
          if (!stop_ || m.now) stop_ = m;
          helper_bell_.ring();
          slots_cv_.notify_all();
        } else if constexpr (std::is_same_v<M, wire::Report>) {
          options_.report_requested();
        } else {
          throw transport::TransportError("a worker was sent a message that only the scheduler understands");
        }
      },
      message);
}

void Worker::on_assign(wire::Assign& assign) {
  TaskWork work{assign.type, std::move(assign.label), std::move(assign.payload)};
  assigned_inputs_.clear();
  for (const wire::InputPlace& input : assign.inputs) {
    assigned_inputs_.push_back({input.id, input.holder, input.inlined >= 0});
  }
  assigned_work_ = &work;
  for (const wire::InputPlace& input : assign.inputs) {
    if (input.inlined < 0 || state_.value(input.id) != nullptr) continue;
    auto& bytes = assign.small_values.at(static_cast<std::size_t>(input.inlined));
    state_.put(input.id, {{}, ArrivedValue::make(std::move(bytes), known_type(input.id))});
  }
  state_.on_assign(assign.id, assign.attempt, assign.priority, std::move(work), assigned_inputs_);
  assigned_work_ = nullptr;
  if (!known_types_.empty()) known_types_.clear();
}

/// The function's type tells the types of its inputs, which is what they are decoded as.
void Worker::note_input_types(detail::CodeAddress type, const detail::SmallBytes& payload,
                              std::span<const TaskId> inputs) {
  std::size_t input = 0;
  const auto note = [&](const detail::ValueType* value_type) {
    if (input < inputs.size()) known_types_[inputs[input++]] = value_type;
  };
  try {
    const auto& call = *static_cast<const detail::TaskType*>(modules_.from_code(type));
    detail::Decoder counts(payload.view(), &modules_);
    for (std::uint32_t i = 0; i < call.argument_count; ++i) {
      const detail::ArgumentKind& argument = call.arguments[i];
      if (argument.from == detail::ArgumentKind::From::payload) continue;
      const bool several = argument.from == detail::ArgumentKind::From::future_vector;
      for (std::uint32_t n = several ? counts.read_value<std::uint32_t>() : 1; n > 0; --n) note(argument.value_type);
    }
  } catch (const detail::DecodeError&) {
    // The task will fail when it runs, for the same reason.
    while (input < inputs.size()) note(nullptr);
  }
}

/// Null if it is not known.
const detail::ValueType* Worker::known_type(TaskId id) {
  if (const TaskWork* work = std::exchange(assigned_work_, nullptr)) {
    detail::SmallVector<TaskId> ids;
    ids.reserve(assigned_inputs_.size());
    for (const AssignedInput& input : assigned_inputs_) ids.push_back(input.id);
    note_input_types(work->type, work->payload, ids);
  }
  auto known = known_types_.find(id);
  if (known == known_types_.end()) {
    // It was to be made here, and comes from elsewhere now: who waits for it knows what it is.
    const auto waiting = state_.waiting_for(id);
    if (!waiting) return nullptr;
    note_input_types(waiting->work.type, waiting->work.payload, waiting->inputs);
    known = known_types_.find(id);
  }
  return known == known_types_.end() ? nullptr : known->second;
}

const detail::ValueType* Worker::result_type_at(detail::CodeAddress type) {
  try {
    return static_cast<const detail::TaskType*>(modules_.from_code(type))->result;
  } catch (const detail::DecodeError&) {
    return nullptr;
  }
}

void Worker::on_value(Address from, wire::ValueIs& message) {
  const auto known = fetched_types_.find(message.ticket);
  const bool wanted = known != fetched_types_.end() && state_.expects(message.id, message.ticket);
  const detail::ValueType* type = wanted ? known->second : nullptr;
  if (message.transfer != 0) return begin_arrival(from, message, type);
  if (!wanted) return;
  if (message.failure) {
    state_.put(message.id, {{}, ArrivedValue::make(wire::rebuild(*message.failure))});
  } else {
    state_.put(message.id, {{}, ArrivedValue::make(std::move(message.bytes), type)});
  }
  fetched_types_.erase(known);
  state_.on_value(message.id);
}

/// Outside scheduling means: not behind the tasks in the slots either.
void Worker::on_call(wire::Call call) {
  const auto answer = [this, call = std::move(call)] {
    const wire::CallDone done = execute(call, options_.site, modules_);
    const std::lock_guard lock(mutex_);
    mailbox_.post(0, done);
    mailbox_.flush();
  };
  if (options_.one_thread)
    later_.push_back(answer);
  else
    calls_.run(answer);
}

// --- Outbox
// -----------------------------------------------------------------------------------------------------------

void Worker::fetch(Address from, TaskId id, std::uint64_t ticket) {
  fetched_types_[ticket] = known_type(id);
  mailbox_.post(from, wire::Fetch{id, ticket});
}

void Worker::unfetch(Address from, TaskId id, std::uint64_t ticket) {
  // It may be asked for elsewhere at once: what it is stays known.
  if (const auto type = fetched_types_.extract(ticket)) known_types_.emplace(id, type.mapped());
  mailbox_.post(from, wire::Unfetch{id, ticket});
}

void Worker::send_value(Address to, TaskId id, std::uint64_t ticket) {
  wire::ValueIs message;
  message.id = id;
  message.ticket = ticket;
  const StoredValue& stored = *state_.value(id);
  if (stored.arrived && stored.arrived->error()) {
    message.failure = wire::describe(stored.arrived->error());
  } else if (stored.arrived) {
    message.bytes = stored.arrived->bytes();
  } else if (ended_ != nullptr && ended_->id == id && ended_->small) {
    message.bytes = ended_->bytes;
  } else {
    try {
      OutgoingValue outgoing = encode_for_sending(stored.object, modules_);
      message.bytes = std::move(outgoing.bytes);
      if (mailbox_.post_value(to, std::move(message), std::move(outgoing.segments),
                              std::make_shared<detail::Value>(stored.object))) {
        shared_types_.add(&stored.object.box()->type());
      }
      return;
    } catch (...) {
      message.failure = wire::describe(std::current_exception());
      message.failure->host = options_.site.host;
      message.failure->rank = options_.site.rank;
    }
  }
  mailbox_.post(to, message);
}

/// The object goes with the handle, unless it is still being sent or used.
void Worker::drop_value(TaskId, StoredValue) {}

void Worker::request_stop(TaskId id) {
  for (RunningTask* running : running_) {
    if (running != nullptr && running->id == id) running->stop_requested.store(true, std::memory_order_relaxed);
  }
}

void Worker::cancelled(TaskId id, std::uint32_t attempt) {
  wire::Done done;
  done.id = id;
  done.attempt = attempt;
  done.outcome = wire::Done::Outcome::cancelled;
  mailbox_.post(0, done);
}

void Worker::recalled(TaskId id) { mailbox_.post(0, wire::Recalled{id}); }

void Worker::held(TaskId id) { mailbox_.post(0, wire::Held{id}); }

}  // namespace cohort::worker
