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
          state_.on_relocate(m.id, m.type, m.holder);
        } else if constexpr (std::is_same_v<M, wire::Hold>) {
          state_.on_hold(m.id, m.type, m.holder);
        } else if constexpr (std::is_same_v<M, wire::Fetch>) {
          state_.on_fetch(from, m.id, m.ticket);
        } else if constexpr (std::is_same_v<M, wire::Unfetch>) {
          state_.on_unfetch(from, m.id, m.ticket);
        } else if constexpr (std::is_same_v<M, wire::ValueIs>) {
          on_value(from, m);
        } else if constexpr (std::is_same_v<M, wire::SmallValueIs>) {
          state_.on_value(m.id, m.ticket, {{}, ArrivedValue::make(std::move(m.bytes))});
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
  assigned_inputs_.clear();
  for (const wire::InputPlace& input : assign.inputs) {
    assigned_inputs_.push_back({input.id, input.holder, input.inlined >= 0});
    if (input.inlined < 0 || state_.value(input.id) != nullptr) continue;
    auto& bytes = assign.small_values.at(static_cast<std::size_t>(input.inlined));
    state_.put(input.id, {{}, ArrivedValue::make(std::move(bytes))});
  }
  state_.on_assign(assign.id, assign.attempt, assign.priority,
                   {assign.type, std::move(assign.label), std::move(assign.payload)}, assigned_inputs_);
}

/// Of a value that is being fetched; null if it cannot be known.
const detail::ValueType* Worker::type_of(TaskId id) {
  const WorkerState::TypeClue clue = state_.type_clue(id);
  const detail::ValueType* found = nullptr;
  try {
    if (clue.made_by != nullptr) return task_type_at(*clue.made_by, modules_).result;
    if (clue.used_by == nullptr) return nullptr;
    std::size_t input = 0;
    for_each_input_type(task_type_at(clue.used_by->type, modules_), clue.used_by->payload, modules_,
                        [&](const detail::ValueType* type) {
                          if (input < clue.inputs.size() && clue.inputs[input] == id) found = type;
                          ++input;
                        });
  } catch (const detail::DecodeError&) {
    // The task will fail when it runs, for the same reason.
  }
  return found;
}

void Worker::on_value(Address from, wire::ValueIs& message) {
  if (message.transfer != 0) {
    return begin_arrival(from, message, state_.expects(message.id, message.ticket) ? type_of(message.id) : nullptr);
  }
  state_.on_value(message.id, message.ticket,
                  {{},
                   message.failure ? ArrivedValue::make(wire::rebuild(*message.failure))
                                   : ArrivedValue::make(std::move(message.bytes))});
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

void Worker::fetch(Address from, TaskId id, std::uint64_t ticket) { mailbox_.post(from, wire::Fetch{id, ticket}); }

void Worker::unfetch(Address from, TaskId id, std::uint64_t ticket) { mailbox_.post(from, wire::Unfetch{id, ticket}); }

void Worker::send_value(Address to, TaskId id, std::uint64_t ticket) {
  const StoredValue& stored = *state_.value(id);
  if (ended_ != nullptr && ended_->id == id && ended_->small) {
    mailbox_.post(to, wire::SmallValueIsView{id, ticket, &ended_->bytes});
  } else if (stored.arrived && !stored.arrived->error()) {
    mailbox_.post(to, wire::SmallValueIsView{id, ticket, &stored.arrived->bytes()});
  } else {
    send_object(to, id, ticket, stored);
  }
  // Whoever waits for it comes before all else that has to be done for a task that ends, unless the next one follows.
  if (ended_ != nullptr && !state_.any_ready()) mailbox_.flush(to);
}

/// Of a value that is more than bytes: an object, or what has become of one.
void Worker::send_object(Address to, TaskId id, std::uint64_t ticket, const StoredValue& stored) {
  wire::ValueIs message;
  message.id = id;
  message.ticket = ticket;
  if (stored.arrived) {
    message.failure = wire::describe(stored.arrived->error());
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

void Worker::post_done(const wire::Done& done) {
  if (done.outcome == wire::Done::Outcome::finished && done.small && done.attempt == 0) {
    mailbox_.post(0, wire::DoneWithSmallView{done.id, done.duration_ns, &done.bytes});
  } else {
    mailbox_.post(0, done);
  }
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
