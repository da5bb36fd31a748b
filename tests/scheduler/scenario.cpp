#include "scheduler/scenario.hpp"

#include <array>
#include <utility>

namespace cohort::scheduler {

namespace {

constexpr std::array<detail::TaskType, 4> kKinds{};

std::string number(Address address) { return std::to_string(address); }

}  // namespace

Scenario::Scenario(const std::vector<int>& slots, SchedulerOptions options) : state(*this, slots, options) {}

Submission Scenario::make_submission(const std::string& name, const Task& task) const {
  Submission submission;
  submission.type = &kKinds.at(static_cast<std::size_t>(task.kind));
  *submission.payload.extend(1) = std::byte{1};
  for (const std::string& input : task.inputs) submission.inputs.push_back(ids_.at(input));
  submission.label = name;
  submission.priority = task.priority;
  submission.retries = task.retries;
  submission.worker = task.worker;
  submission.broadcast = task.broadcast;
  submission.expected = task.expected;
  return submission;
}

void Scenario::submit(const std::string& name, Task task) {
  submitting_ = name;
  const TaskId id = state.on_submit(make_submission(name, task), now_);
  ids_[name] = id;
  names_[id] = name;
  submitting_.clear();
  state.check_invariants();
}

void Scenario::reserve(const std::string& name) {
  ids_[name] = state.on_reserve();
  names_[ids_[name]] = name;
  state.check_invariants();
}

void Scenario::fill(const std::string& name, Task task) {
  state.on_fill(ids_.at(name), make_submission(name, task), now_);
  state.check_invariants();
}

void Scenario::root_value(const std::string& name) {
  ids_[name] = state.on_root_value(kLarge);
  names_[ids_[name]] = name;
}

void Scenario::drop(const std::string& name) {
  state.on_future_dropped(ids_.at(name), now_);
  state.check_invariants();
}

void Scenario::cancel(const std::string& name) {
  state.on_cancel(ids_.at(name), now_);
  state.check_invariants();
}

void Scenario::done(const std::string& name, wire::Done done) {
  const TaskRecord& task = *find(name);
  done.id = task.id;
  done.attempt = task.attempt;
  state.on_done(task.place, done, now_);
  state.check_invariants();
}

void Scenario::finish(const std::string& name, std::uint64_t value_bytes, Time duration) {
  wire::Done end;
  end.value_bytes = value_bytes;
  end.duration_ns = static_cast<std::uint64_t>(duration.count());
  end.small = value_bytes <= 1024;
  if (end.small) end.bytes.extend(value_bytes);
  done(name, std::move(end));
}

void Scenario::fail(const std::string& name) {
  wire::Done end;
  end.outcome = wire::Done::Outcome::failed;
  end.failure.emplace();
  end.failure->message = name + " failed";
  done(name, std::move(end));
}

void Scenario::stop(const std::string& name) {
  wire::Done end;
  end.outcome = wire::Done::Outcome::cancelled;
  done(name, std::move(end));
}

void Scenario::give_back(const std::string& name) {
  state.on_recalled(find(name)->place, ids_.at(name), now_);
  state.check_invariants();
}

void Scenario::start(const std::string& name) { state.on_started(find(name)->place, ids_.at(name)); }

void Scenario::held(Address worker, const std::string& name) {
  state.on_held(worker, ids_.at(name), now_);
  state.check_invariants();
}

void Scenario::lose(Address worker) {
  state.on_worker_lost(worker, now_);
  state.check_invariants();
}

void Scenario::tick(Time later) {
  now_ += later;
  state.on_tick(now_);
  state.check_invariants();
}

void Scenario::close(Time left) {
  state.on_closing(now_ + left, now_);
  state.check_invariants();
}

std::string Scenario::said() { return std::exchange(said_, {}); }

std::string Scenario::name_of(TaskId id) const {
  const auto it = names_.find(id);
  return it == names_.end() ? submitting_ : it->second;
}

void Scenario::assign(Address worker, const TaskRecord& task, std::span<const PlannedInput> inputs) {
  std::string text = number(worker) + " assign " + name_of(task.id);
  const char* before = "(";
  for (const PlannedInput& input : inputs) {
    text += before + name_of(input.id) + (input.small_value != nullptr ? "!" : "@" + number(input.holder));
    before = " ";
  }
  say(inputs.empty() ? text : text + ")");
}
void Scenario::release(Address holder, TaskId id) { say(number(holder) + " release " + name_of(id)); }
void Scenario::recall(Address worker, TaskId id) { say(number(worker) + " recall " + name_of(id)); }
void Scenario::cancel(Address worker, TaskId id) { say(number(worker) + " cancel " + name_of(id)); }
void Scenario::relocate(Address worker, TaskId id, Address holder) {
  say(number(worker) + " relocate " + name_of(id) + " to " + number(holder));
}
void Scenario::hold(Address worker, const TaskRecord& task, Address holder) {
  say(number(worker) + " hold " + name_of(task.id) + " from " + number(holder));
}
void Scenario::ended(TaskId id) { say("ended " + name_of(id)); }

}  // namespace cohort::scheduler
