// Core: what comes in and what goes out.
#include <type_traits>
#include <utility>

#include "client/core.hpp"
#include "wire/error_codec.hpp"
#include "worker/task_execution.hpp"

namespace cohort::detail {

void Core::on_message(Address from, wire::Message& message) {
  std::visit(
      [&]<class M>(M& m) {
        if constexpr (std::is_same_v<M, wire::Done>) {
          on_done(from, m);
        } else if constexpr (std::is_same_v<M, wire::DoneWithSmall>) {
          wire::Done done;
          done.id = m.id;
          done.small = true;
          done.value_bytes = m.bytes.size();
          done.duration_ns = m.duration_ns;
          done.bytes = std::move(m.bytes);
          on_done(from, done);
        } else if constexpr (std::is_same_v<M, wire::Recalled>) {
          tasks().on_recalled(from, m.id, now_);
        } else if constexpr (std::is_same_v<M, wire::Started>) {
          tasks().on_started(from, m.id);
        } else if constexpr (std::is_same_v<M, wire::Held>) {
          tasks().on_held(from, m.id, now_);
        } else if constexpr (std::is_same_v<M, wire::Fetch>) {
          answer_fetch(from, m);
        } else if constexpr (std::is_same_v<M, wire::Unfetch>) {
          // Rank 0 answers at once, so there is nothing left to call off.
        } else if constexpr (std::is_same_v<M, wire::ValueIs>) {
          const auto request = requests_.find(m.ticket);
          if (request == requests_.end()) return discard(from, m);
          request->second->from = from;
          request->second->message = std::move(m);
          request->second->arrived = true;
        } else if constexpr (std::is_same_v<M, wire::SmallValueIs>) {
          const auto request = requests_.find(m.ticket);
          if (request == requests_.end()) return;
          request->second->from = from;
          request->second->message.bytes = std::move(m.bytes);
          request->second->arrived = true;
        } else if constexpr (std::is_same_v<M, wire::CallDone>) {
          const auto answer = calls_.find(m.ticket);
          if (answer == calls_.end()) return;
          answer->second->message = std::move(m);
          answer->second->arrived = true;
        } else if constexpr (std::is_same_v<M, wire::Hello>) {
          WorkerInfo& worker = workers_[static_cast<std::size_t>(from)];
          worker.here = true;
          worker.host = std::move(m.host);
          worker.slots = m.threads;
          for (wire::ModuleInfo& module : m.modules) {
            worker.modules.push_back({std::move(module.identity), std::move(module.name)});
          }
        } else if constexpr (std::is_same_v<M, wire::Stopped>) {
          workers_[static_cast<std::size_t>(from)].peak_resident_bytes = m.peak_resident_bytes;
          ++stopped_workers_;
        } else if constexpr (std::is_same_v<M, wire::Alarm>) {
          alarms_.push_back({options_.rank_of(from), m.signal, std::move(m.text)});
        } else {
          throw transport::TransportError("the scheduler was sent a message that only a worker understands");
        }
      },
      message);
}

void Core::on_done(Address from, wire::Done& done) {
  if (sample_) sample_ended(from, done);
  tasks().on_done_of_several(from, done, now_);
  any_done_ = true;
}

void Core::on_messages_end(Address from) {
  if (std::exchange(any_done_, false)) tasks().on_several_done(from, now_);
}

/// Before the scheduler is told, which may forget the task.
void Core::sample_ended(Address from, const wire::Done& done) {
  const auto chunk = sampled_chunks_.extract(done.id);
  const scheduler::TaskRecord* task = tasks().find(done.id);
  if (sample_->is_over() || task == nullptr || task->place != from || task->attempt != done.attempt) return;
  if (done.outcome != wire::Done::Outcome::finished || (task->extras && task->extras->broadcast)) return;
  Sample::EndedTask ended;
  ended.worker = from;
  ended.kind = modules_->to_code(task->type).bits;
  if (!chunk.empty()) {
    ended.elements = chunk.mapped().elements;
    ended.chunk_was_chosen = chunk.mapped().was_chosen;
  }
  ended.duration = Time(static_cast<Time::rep>(done.duration_ns));
  sample_->on_ended(ended, now_);
  if (sample_->is_over()) sample_is_over_ = true;
}

void Core::on_received(std::uint64_t ticket) {
  const auto it = receiving_.find(ticket);
  --*it->second;
  receiving_.erase(it);
}

/// A value that nobody waits for any more is taken in all the same, so that its sender gets rid of it.
void Core::discard(Address from, const wire::ValueIs& value) {
  std::erase_if(discarded_, [](const Discarded& old) { return old.outstanding == 0; });
  if (value.transfer == 0) return;
  Discarded& discarded = discarded_.emplace_back();
  for (const std::uint64_t size : value.segment_bytes) {
    discarded.memory.push_back(std::make_unique<std::byte[]>(size));
    receiving_[mailbox_.receive(from, value.transfer, {discarded.memory.back().get(), size})] = &discarded.outstanding;
    ++discarded.outstanding;
  }
}

/// What is about to be sent may name modules that this worker was not told of.
void Core::announce_new_modules(Address to) {
  std::uint32_t& announced = announced_[static_cast<std::size_t>(to)];
  for (const base::Module& module : modules_->announced_since(announced)) {
    mailbox_.post(to, wire::ModuleIs{announced++, {module.identity, module.name}});
  }
}

void Core::answer_fetch(Address from, const wire::Fetch& fetch) {
  const Value* value = root_values_.find(fetch.id);
  if (value == nullptr) {
    const scheduler::TaskRecord* task = tasks().find(fetch.id);
    if (task == nullptr || !task->small) return;  // it was called off meanwhile
    mailbox_.post(from, wire::SmallValueIsView{fetch.id, fetch.ticket, &task->bytes});
    return;
  }
  wire::ValueIs answer;
  answer.id = fetch.id;
  answer.ticket = fetch.ticket;
  try {
    worker::OutgoingValue outgoing = worker::encode_for_sending(*value, *modules_);
    answer.bytes = std::move(outgoing.bytes);
    mailbox_.post_value(from, std::move(answer), std::move(outgoing.segments), std::make_shared<Value>(*value));
    return;
  } catch (...) {
    answer.failure = wire::describe(std::current_exception());
    answer.failure->host = options_.host;
    answer.failure->rank = 0;
  }
  mailbox_.post(from, answer);
}

// --- scheduler::Outbox
// ------------------------------------------------------------------------------------------------

void Core::assign(Address worker, const scheduler::TaskRecord& task, std::span<const scheduler::PlannedInput> inputs) {
  if (task.type != assigned_type_) {
    assign_.type = modules_->to_code(task.type);
    assigned_type_ = task.type;
  }
  announce_modules(worker);
  if (inputs.empty() && !task.extras && task.attempt == 0 && task.priority == 0) {
    mailbox_.post(worker, wire::AssignCallView{task.id, assign_.type, &task.bytes});
    return;
  }
  assign_.id = task.id;
  assign_.attempt = task.attempt;
  assign_.priority = task.priority;
  assign_.label = &task.label();
  assign_.payload = &task.bytes;
  assign_.inputs.clear();
  assign_.small_values.clear();
  for (const scheduler::PlannedInput& input : inputs) {
    wire::InputPlace place{input.id, input.holder, -1};
    if (input.small_value != nullptr) {
      place.inlined = static_cast<std::int32_t>(assign_.small_values.size());
      assign_.small_values.push_back(input.small_value);
    }
    assign_.inputs.push_back(place);
  }
  mailbox_.post(worker, assign_);
}

void Core::release(Address holder, TaskId id) {
  if (holder == scheduler::kRoot)
    root_values_.erase(id);
  else
    mailbox_.post(holder, wire::Release{id});
}

void Core::recall(Address worker, TaskId id) { mailbox_.post(worker, wire::Recall{id}); }

void Core::cancel(Address worker, TaskId id) { mailbox_.post(worker, wire::Cancel{id}); }

void Core::relocate(Address worker, TaskId id, Address holder) {
  const CodeAddress type = modules_->to_code(record(id).type);
  announce_modules(worker);
  mailbox_.post(worker, wire::Relocate{id, type, holder});
}

void Core::hold(Address worker, const scheduler::TaskRecord& task, Address holder) {
  const CodeAddress type = modules_->to_code(task.type);
  announce_modules(worker);
  mailbox_.post(worker, wire::Hold{task.id, type, holder});
}

void Core::ended(TaskId id) {
  // By a call of another thread, such as cancel(): the driver would learn of it only after its sleep.
  if (driver_sleeps_) bell_.ring();
  if (watchers_.empty()) return;
  for (auto it = watchers_.find(id); it != watchers_.end(); it = watchers_.find(id)) {
    const Watch watch = it->second;
    watchers_.erase(it);
    watch.watcher->on_ended(watch.index);
  }
}

}  // namespace cohort::detail
