#include "simulation/simulated_worker.hpp"

#include <type_traits>
#include <utility>

namespace cohort::simulation {

namespace {

std::size_t plan_of(const worker::StartedTask& task) { return static_cast<std::size_t>(to_number(task.work->payload)); }

}  // namespace

void SimulatedWorker::on_message(Address from, wire::Message& message) {
  std::visit(
      [&]<class M>(M& m) {
        if constexpr (std::is_same_v<M, wire::Assign>) {
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
          if (!state_.expects(m.id, m.ticket)) return;
          put(m.id, to_number(m.bytes));
          state_.on_value(m.id, m.ticket, {});
        } else {
          throw Wrong("a worker got a message that is not for workers");
        }
      },
      message);
}

void SimulatedWorker::on_assign(wire::Assign& assign) {
  std::vector<worker::AssignedInput> inputs;
  for (const wire::InputPlace& input : assign.inputs) {
    inputs.push_back({input.id, input.holder, input.inlined >= 0});
    if (input.inlined < 0 || holds(input.id)) continue;
    put(input.id, to_number(assign.small_values.at(static_cast<std::size_t>(input.inlined))));
  }
  state_.on_assign(assign.id, assign.attempt, assign.priority, {assign.type, assign.label, assign.payload}, inputs);
}

void SimulatedWorker::start_one() {
  std::optional<worker::StartedTask> task = state_.take_ready();
  require(task.has_value(), "nothing was ready");
  const TaskPlan& plan = plans_[plan_of(*task)];
  require(plan.inputs.size() == task->inputs.size(), "a task has another number of inputs");
  Running running;
  running.value = mix(0, plan_of(*task));
  for (const auto& input : task->inputs) {
    require(holds(input.id), "the value of an input is not in the store");
    std::shared_ptr<Box> box = input.may_move ? std::move(store_.extract(input.id).mapped()) : store_.at(input.id);
    require(!box->moved, "an input was moved from");
    running.value = mix(running.value, box->value);
    if (input.may_move) {
      require(box.use_count() == 1, "an input may be moved from, but others use it");
      box->moved = true;
      ++moved_count_;
    }
    running.inputs.push_back(std::move(box));
  }
  running.task = std::move(*task);
  running_.push_back(std::move(running));
}

void SimulatedWorker::end_one() {
  const std::size_t i = random_.below(running_.size());
  const Running running = std::move(running_[i]);
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
  TaskPlan& plan = plans_[plan_of(running.task)];
  for (std::size_t n = 0; n < running.inputs.size(); ++n) {
    require(running.inputs[n]->moved == running.task.inputs[n].may_move, "an input was moved from while it was in use");
  }
  wire::Done done;
  done.id = running.task.id;
  done.attempt = running.task.attempt;
  const bool fails = plan.fails_for_good || plan.failures_left > 0;
  if (plan.failures_left > 0) --plan.failures_left;
  if (fails) {
    done.outcome = wire::Done::Outcome::failed;
    done.failure.emplace();
    done.failure->message = std::to_string(plan_of(running.task));
  } else {
    done.value_bytes = plan.value_bytes;
    done.duration_ns = static_cast<std::uint64_t>(plan.duration_ns);
    done.small = plan.small();
    if (done.small) done.bytes = to_bytes(running.value);
    put(done.id, running.value);
  }
  if (!state_.on_ended(running.task, fails ? worker::WorkerState::End::failed : worker::WorkerState::End::finished)) {
    require(running.stop_requested, "a task was cancelled and never told to stop");
    done.outcome = wire::Done::Outcome::cancelled;
    done.bytes.clear();
    done.failure.reset();
  }
  network_.send(self_, 0, done);
}

void SimulatedWorker::report_running() {
  network_.send(self_, 0, wire::Started{running_[random_.below(running_.size())].task.id});
}

void SimulatedWorker::fetch(Address from, TaskId id, std::uint64_t ticket) {
  require(from >= 0 && from != self_, "a value is fetched from where it cannot be");
  network_.send(self_, from, wire::Fetch{id, ticket});
}

void SimulatedWorker::unfetch(Address from, TaskId id, std::uint64_t ticket) {
  network_.send(self_, from, wire::Unfetch{id, ticket});
}

void SimulatedWorker::send_value(Address to, TaskId id, std::uint64_t ticket) {
  require(holds(id), "a value is to be sent that is not in the store");
  wire::ValueIs message;
  message.id = id;
  message.ticket = ticket;
  message.bytes = to_bytes(store_.at(id)->value);
  network_.send(self_, to, message);
}

void SimulatedWorker::drop_value(TaskId id, worker::StoredValue) { store_.erase(id); }

void SimulatedWorker::request_stop(TaskId id) {
  for (Running& running : running_) {
    if (running.task.id == id) running.stop_requested = true;
  }
}

void SimulatedWorker::cancelled(TaskId id, std::uint32_t attempt) {
  wire::Done done;
  done.id = id;
  done.attempt = attempt;
  done.outcome = wire::Done::Outcome::cancelled;
  network_.send(self_, 0, done);
}

void SimulatedWorker::recalled(TaskId id) { network_.send(self_, 0, wire::Recalled{id}); }

void SimulatedWorker::held(TaskId id) { network_.send(self_, 0, wire::Held{id}); }

}  // namespace cohort::simulation
