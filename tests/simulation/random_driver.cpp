#include "simulation/random_driver.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <unordered_map>
#include <utility>

#include "scheduler/scheduler_state.hpp"
#include "simulation/simulated_worker.hpp"

namespace cohort::simulation {

namespace {

using scheduler::FailureRecord;
using scheduler::kRoot;
using scheduler::Phase;
using scheduler::SchedulerOptions;
using scheduler::SchedulerState;
using scheduler::TaskRecord;
using scheduler::Time;

constexpr std::array<detail::TaskType, 4> kTypes{};

/// What is drawn once for a run.
struct Course {
  std::vector<int> slots;
  std::size_t tasks = 0;
  SchedulerOptions options;
  int losses = 0;
  Time time_scale{};
  double drop_chance = 0;  ///< of a future, right after submit
  double input_chance = 0;
  double fail_chance = 0;
  double cancel_chance = 0;
  double pin_chance = 0;
  double broadcast_chance = 0;
  double root_chance = 0;
  double reserve_chance = 0;
  double small_chance = 0;
  double priority_chance = 0;
  bool closes = false;
  std::uint64_t slow_client = 1;
};

Course draw_course(Random& random) {
  Course course;
  const int workers = random.between(1, 5);
  for (int w = 0; w < workers; ++w) course.slots.push_back(random.between(1, 3));
  course.tasks = static_cast<std::size_t>(random.chance(0.7) ? random.between(5, 50) : random.between(50, 200));
  course.options.stock.tasks = random.one_of<std::size_t>({1, 2, 3, 8, 64, 8192});
  course.options.stock.time = Time(random.one_of<std::int64_t>({0, 1'000, 100'000, 4'000'000}));
  course.options.keep_lineage = random.chance(0.4);
  course.losses = random.chance(0.4) ? random.between(1, workers) : 0;
  course.time_scale = Time(random.one_of<std::int64_t>({1'000, 100'000, 5'000'000}));
  course.drop_chance = random.one_of<double>({0.0, 0.2, 0.7});
  course.input_chance = random.one_of<double>({0.2, 0.6, 0.9});
  course.fail_chance = random.one_of<double>({0.0, 0.05, 0.2});
  course.cancel_chance = random.one_of<double>({0.0, 0.02, 0.1});
  course.pin_chance = random.one_of<double>({0.0, 0.1});
  course.broadcast_chance = random.one_of<double>({0.0, 0.1});
  course.root_chance = random.one_of<double>({0.0, 0.1});
  course.reserve_chance = random.one_of<double>({0.0, 0.2});
  course.small_chance = random.one_of<double>({0.0, 0.5, 1.0});
  course.priority_chance = random.one_of<double>({0.0, 0.3});
  course.slow_client = random.one_of<std::uint64_t>({1, 5, 50});
  course.closes = random.chance(0.1);
  if (random.chance(0.1)) {
    course.options.latest_end = Time(1) + random.one_of<std::int64_t>({3, 30, 300}) * course.time_scale;
  }
  return course;
}

class Driver : public scheduler::Outbox {
 public:
  explicit Driver(std::uint64_t seed)
      : random_(seed), course_(draw_course(random_)), scheduler_(*this, course_.slots, course_.options) {
    plans_.reserve(course_.tasks);
    workers_.emplace_back();
    for (std::size_t w = 0; w < course_.slots.size(); ++w) {
      workers_.push_back(
          std::make_unique<SimulatedWorker>(network_, random_, plans_, static_cast<Address>(w + 1), course_.slots[w]));
    }
  }

  Tally run() {
    while (plans_.size() < course_.tasks || step()) {
      if (plans_.size() < course_.tasks) {
        if (!random_.chance(1.0 / static_cast<double>(course_.slow_client)) && step()) continue;
        submit();
      } else if (random_.chance(0.02) && course_.losses > 0) {
        lose_a_worker();
      }
    }
    cancel_withheld();
    check_all_ended();
    if (course_.losses > 0) {
      lose_a_worker();
      settle();
      cancel_withheld();
      check_all_ended();
    }
    read_all();
    count_ends();
    drop_all();
    settle();
    check_nothing_is_left();
    tally_.graphs = 1;
    tally_.tasks = plans_.size();
    tally_.messages = network_.sent();
    for (std::size_t w = 1; w < workers_.size(); ++w) tally_.moved += workers_[w]->moved_count();
    return tally_;
  }

 private:
  // --- what happens
  // -----------------------------------------------------------------------------------------------------

  /// One event out of those that are possible; false if none is.
  bool step() {
    require(++steps_ < 1'000'000, "the run does not come to rest");
    now_ += Time(static_cast<Time::rep>(random_.below(static_cast<std::uint64_t>(course_.time_scale.count()))));
    struct Choice {
      double weight;
      std::function<void()> happen;
    };
    std::vector<Choice> choices;
    for (const Network::Channel channel : network_.waiting()) {
      choices.push_back({slowness(channel), [this, channel] { deliver(channel); }});
    }
    for (std::size_t w = 1; w < workers_.size(); ++w) {
      SimulatedWorker& worker = *workers_[w];
      if (!worker.alive()) continue;
      const auto on_worker = [&worker](void (SimulatedWorker::*event)()) {
        return [&worker, event] {
          (worker.*event)();
          worker.state().check_invariants();
        };
      };
      if (worker.can_start()) choices.push_back({1, on_worker(&SimulatedWorker::start_one)});
      if (worker.can_end()) choices.push_back({0.3, on_worker(&SimulatedWorker::end_one)});
      if (worker.can_end()) choices.push_back({0.02, on_worker(&SimulatedWorker::report_running)});
    }
    if (!unfilled_.empty()) choices.push_back({0.3, [this] { fill(); }});
    for (std::size_t i = 0; i < notices_.size(); ++i) choices.push_back({0.2, [this, i] { notify(i); }});
    if (choices.empty()) return false;
    choices.push_back({0.2, [this] { scheduler_.on_tick(now_); }});
    if (client_acts_left_ > 0) choices.push_back({0.3, [this] { client_acts(); }});
    if (course_.closes) choices.push_back({0.01, [this] { close(); }});

    double total = 0;
    for (const Choice& choice : choices) total += choice.weight;
    double at = total * static_cast<double>(random_.below(1U << 30)) / static_cast<double>(1U << 30);
    std::size_t i = 0;
    while (i + 1 < choices.size() && at >= choices[i].weight) at -= choices[i++].weight;
    choices[i].happen();
    scheduler_.check_invariants();
    return true;
  }

  void settle() {
    while (step()) {
    }
  }

  /// The time is nearly up: sooner or later, and perhaps once more.
  void close() {
    closing_ = true;
    course_.closes = random_.chance(0.3);
    const std::int64_t scales = random_.one_of<std::int64_t>({0, 1, 10, 1000});
    scheduler_.on_closing(now_ + scales * course_.time_scale, now_);
  }

  /// What was not started any more, and what waits for it, is all that can be left. Nobody waits for it for ever.
  void cancel_withheld() {
    if (!closing_ && (course_.options.latest_end == Time::max() || scheduler_.open_tasks() == 0)) return;
    require(scheduler_.all_is_withheld(), "something still runs, or could" + who_waits());
    for (TaskPlan& plan : plans_) {
      const TaskRecord* record = scheduler_.find(plan.id);
      if (record == nullptr || has_ended(record->phase)) continue;
      require(record->phase == Phase::withheld || record->phase == Phase::blocked, "a task is neither here nor there");
      ++tally_.withheld;
      plan.cancelled = true;
      scheduler_.on_cancel(plan.id, now_);
      scheduler_.check_invariants();
    }
    settle();
  }

  /// A channel keeps its speed for the whole run, so that some messages are overtaken by many others.
  double slowness(Network::Channel channel) {
    const auto [it, made] = speeds_.try_emplace(channel, 0);
    if (made) it->second = random_.one_of<double>({1.0, 1.0, 0.2, 0.02});
    return it->second;
  }

  /// Rank 0 may get several messages at once, and act on the ends among them at the last.
  void deliver(Network::Channel channel) {
    bool any_done = false;
    do {
      deliver_next(channel, any_done);
    } while (channel.to == kRoot && network_.waits(channel) && random_.chance(0.3));
    if (any_done) scheduler_.on_several_done(channel.from, now_);
  }

  void deliver_next(Network::Channel channel, bool& any_done) {
    wire::Message message = network_.receive(channel);
    if (channel.to != kRoot) {
      SimulatedWorker& worker = *workers_[static_cast<std::size_t>(channel.to)];
      worker.on_message(channel.from, message);
      worker.state().check_invariants();
      return;
    }
    if (auto* done = std::get_if<wire::Done>(&message)) {
      scheduler_.on_done_of_several(channel.from, *done, now_);
      any_done = true;
    } else if (const auto* recalled_task = std::get_if<wire::Recalled>(&message)) {
      ++tally_.given_back;
      scheduler_.on_recalled(channel.from, recalled_task->id, now_);
    } else if (const auto* started = std::get_if<wire::Started>(&message)) {
      scheduler_.on_started(channel.from, started->id);
    } else if (const auto* held = std::get_if<wire::Held>(&message)) {
      ++tally_.held;
      scheduler_.on_held(channel.from, held->id, now_);
    } else if (const auto* asked = std::get_if<wire::Fetch>(&message)) {
      answer(channel.from, *asked);
    } else if (const auto* value = std::get_if<wire::ValueIs>(&message)) {
      on_answer(*value);
    } else {
      require(std::holds_alternative<wire::Unfetch>(message), "rank 0 got a message that is not for it");
    }
  }

  /// What rank 0 holds, it sends as any holder does. Whoever asks for more than that will be told of another holder.
  void answer(Address who, const wire::Fetch& asked) {
    const TaskRecord* record = scheduler_.find(asked.id);
    if (record == nullptr || record->phase != Phase::finished || record->released || record->place != kRoot) return;
    wire::ValueIs message;
    message.id = asked.id;
    message.ticket = asked.ticket;
    message.bytes = to_bytes(record->small ? to_number(record->bytes.view()) : root_store_.at(asked.id));
    network_.send(kRoot, who, message);
  }

  struct Notice {
    Address lost;
    Address who;
  };

  void lose_a_worker() {
    std::vector<Address> alive;
    for (std::size_t w = 1; w < workers_.size(); ++w) {
      if (workers_[w]->alive()) alive.push_back(static_cast<Address>(w));
    }
    --course_.losses;
    if (alive.size() < 2) return;
    const Address lost = random_.one_of(alive);
    workers_[static_cast<std::size_t>(lost)]->kill();
    network_.kill(lost);
    ++tally_.workers_lost;
    lost_.insert(lost);
    notices_.push_back({lost, kRoot});
    for (const Address other : alive) {
      if (other != lost) notices_.push_back({lost, other});
    }
  }

  void notify(std::size_t i) {
    const Notice notice = notices_[i];
    notices_.erase(notices_.begin() + static_cast<std::ptrdiff_t>(i));
    network_.clear({notice.lost, notice.who});
    if (notice.who == kRoot) {
      scheduler_.on_worker_lost(notice.lost, now_);
      std::erase_if(fetches_, [&](const auto& entry) { return entry.second.from == notice.lost; });
      return;
    }
    SimulatedWorker& worker = *workers_[static_cast<std::size_t>(notice.who)];
    if (!worker.alive()) return;
    worker.on_peer_lost(notice.lost);
    worker.state().check_invariants();
  }

  // --- the client
  // -------------------------------------------------------------------------------------------------------

  void submit() {
    const std::size_t n = plans_.size();
    TaskPlan& plan = plans_.emplace_back();
    plan.needs = {n};
    plan.value = mix(0, n);
    plan.value_bytes = random_.chance(course_.small_chance) ? 8 : 1025 + random_.below(4'000'000);
    plan.duration_ns = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(course_.time_scale.count())));
    if (random_.chance(course_.root_chance)) {
      plan.in_root = true;
      plan.id = scheduler_.on_root_value(plan.value_bytes);
      root_store_[plan.id] = plan.value;
      by_id_[plan.id] = n;
      return;
    }
    scheduler::Submission submission;
    submission.type = &kTypes[random_.below(kTypes.size())];
    submission.payload = to_bytes(n);
    std::vector<std::size_t> futures;
    for (std::size_t i = n > 30 && random_.chance(0.7) ? n - 30 : 0; i < n; ++i) {
      if (plans_[i].wanted) futures.push_back(i);
    }
    while (!futures.empty() && plan.inputs.size() < 10 && random_.chance(course_.input_chance)) {
      plan.inputs.push_back(random_.one_of(futures));
    }
    for (const std::size_t i : plan.inputs) {
      submission.inputs.push_back(plans_[i].id);
      plan.value = mix(plan.value, plans_[i].value);
      plan.needs.insert(plans_[i].needs.begin(), plans_[i].needs.end());
    }
    if (random_.chance(0.3)) submission.label = "task " + std::to_string(n);
    if (random_.chance(course_.priority_chance)) submission.priority = random_.between(-2, 2);
    if (random_.chance(course_.pin_chance)) {
      plan.pinned = random_.between(1, static_cast<int>(course_.slots.size()));
      submission.worker = plan.pinned;
    }
    submission.broadcast = random_.chance(course_.broadcast_chance);
    if (random_.chance(course_.fail_chance)) {
      submission.retries = random_.between(0, 2);
      plan.fails_for_good = random_.chance(0.4);
      if (!plan.fails_for_good) plan.failures_left = random_.between(0, submission.retries);
    }
    if (random_.chance(course_.reserve_chance)) {
      plan.id = scheduler_.on_reserve();
      for (const std::size_t i : plan.inputs) ++plans_[i].awaited;
      unfilled_.push_back({n, std::move(submission)});
    } else {
      plan.id = scheduler_.on_submit(std::move(submission), now_);
    }
    by_id_[plan.id] = n;
    scheduler_.check_invariants();
    if (random_.chance(course_.drop_chance)) drop(n);
    if (random_.chance(0.1)) drop(random_.below(plans_.size()));
  }

  void fill() {
    const auto at = unfilled_.begin() + static_cast<std::ptrdiff_t>(random_.below(unfilled_.size()));
    Unfilled task = std::move(*at);
    unfilled_.erase(at);
    for (const std::size_t i : plans_[task.plan].inputs) --plans_[i].awaited;
    scheduler_.on_fill(plans_[task.plan].id, std::move(task.submission), now_);
    ++tally_.filled;
  }

  void client_acts() {
    --client_acts_left_;
    if (plans_.empty()) return;
    const std::size_t n = random_.below(plans_.size());
    if (!plans_[n].wanted) return;
    if (random_.chance(course_.cancel_chance)) {
      plans_[n].cancelled = true;
      scheduler_.on_cancel(plans_[n].id, now_);
    } else if (random_.chance(course_.drop_chance * 0.2)) {
      drop(n);
    } else if (random_.chance(0.3)) {
      read(n);
    } else if (!fetches_.empty() && random_.chance(0.1)) {
      const auto [ticket, asked] = *fetches_.begin();
      network_.send(kRoot, asked.from, wire::Unfetch{plans_[asked.plan].id, ticket});
      fetches_.erase(ticket);
    }
  }

  void drop(std::size_t n) {
    if (plans_[n].awaited > 0 || !std::exchange(plans_[n].wanted, false)) return;
    scheduler_.on_future_dropped(plans_[n].id, now_);
    scheduler_.check_invariants();
  }

  void drop_all() {
    for (std::size_t n = 0; n < plans_.size(); ++n) drop(random_.chance(0.5) ? n : plans_.size() - 1 - n);
    for (std::size_t n = 0; n < plans_.size(); ++n) drop(n);
  }

  /// Brings the value of a finished task to rank 0.
  void read(std::size_t n) {
    const TaskRecord* record = scheduler_.find(plans_[n].id);
    require(record != nullptr, "a task with a future was forgotten");
    if (!scheduler_.ended(record->id) || record->phase != Phase::finished) return;
    if (record->small || record->place == kRoot) {
      see(n, record->small ? to_number(record->bytes.view()) : root_store_.at(record->id));
      return;
    }
    fetches_[++last_ticket_] = {n, record->place};
    network_.send(kRoot, record->place, wire::Fetch{record->id, last_ticket_});
  }

  void on_answer(const wire::ValueIs& value) {
    const auto asked = fetches_.find(value.ticket);
    if (asked == fetches_.end()) return;
    see(asked->second.plan, to_number(value.bytes));
    fetches_.erase(asked);
  }

  void see(std::size_t n, std::uint64_t value) {
    require(value == plans_[n].value, "task " + std::to_string(n) + " has a wrong value");
    plans_[n].read = true;
  }

  // --- what the scheduler says
  // ------------------------------------------------------------------------------------------

  void assign(Address worker, const TaskRecord& task, std::span<const scheduler::PlannedInput> inputs) override {
    wire::Assign message;
    message.id = task.id;
    message.attempt = task.attempt;
    message.priority = task.priority;
    message.payload = task.bytes;
    require(!message.payload.empty(), "a task was assigned without its payload");
    for (const scheduler::PlannedInput& input : inputs) {
      require(input.holder >= kRoot, "an input of an assigned task is nowhere");
      std::int32_t inlined = -1;
      if (input.small_value != nullptr) {
        ++tally_.rode_along;
        inlined = static_cast<std::int32_t>(message.small_values.size());
        message.small_values.push_back(*input.small_value);
      }
      message.inputs.push_back({input.id, input.holder, inlined});
    }
    send(worker, message);
  }
  void release(Address holder, TaskId id) override {
    if (holder == kRoot) {
      root_store_.erase(id);
    } else {
      send(holder, wire::Release{id});
    }
  }
  void recall(Address worker, TaskId id) override {
    ++tally_.recalls;
    send(worker, wire::Recall{id});
  }
  void cancel(Address worker, TaskId id) override { send(worker, wire::Cancel{id}); }
  void relocate(Address worker, TaskId id, Address holder) override {
    require(holder >= kRoot && holder != worker, "a value is relocated to where it cannot be");
    ++tally_.relocated;
    send(worker, wire::Relocate{id, {}, holder});
  }
  void hold(Address worker, const TaskRecord& task, Address holder) override {
    send(worker, wire::Hold{task.id, {}, holder});
  }
  void ended(TaskId id) override {
    if (!ended_before_.insert(id).second) ++tally_.revived;
  }

  template <class M>
  void send(Address worker, const M& message) {
    require(worker > kRoot && !scheduler_.workers()[static_cast<std::size_t>(worker)].lost,
            "a message is sent to a worker that is known to be lost");
    network_.send(kRoot, worker, message);
  }

  // --- what must be so
  // --------------------------------------------------------------------------------------------------

  /// The machines are at rest: nothing may be open, and everybody has what the scheduler thinks.
  void check_all_ended() {
    if (scheduler_.open_tasks() > 0) throw Wrong("the run is stuck" + who_waits());
    for (std::size_t n = 0; n < plans_.size(); ++n) {
      const TaskPlan& plan = plans_[n];
      const TaskRecord* record = scheduler_.find(plan.id);
      require(!plan.wanted || record != nullptr, "a task with a future was forgotten");
      if (record == nullptr) continue;
      if (record->phase == Phase::finished && !record->released) {
        check_copy(*record, record->place);
        if (record->extras) {
          for (const Address replica : record->extras->replicas) check_copy(*record, replica);
        }
      }
      if (plan.wanted) check_end(n, *record);
    }
  }

  void check_copy(const TaskRecord& record, Address holder) {
    const bool there = holder == kRoot ? record.small || root_store_.count(record.id) > 0
                                       : workers_[static_cast<std::size_t>(holder)]->holds(record.id);
    require(there, "member " + std::to_string(holder) + " does not have the value it is thought to have: task " +
                       std::to_string(by_id_.at(record.id)));
  }

  bool any_needed(std::size_t n, const std::function<bool(const TaskPlan&)>& is_so) {
    const auto& needs = plans_[n].needs;
    return std::any_of(needs.begin(), needs.end(), [&](std::size_t i) { return is_so(plans_[i]); });
  }

  void check_end(std::size_t n, const TaskRecord& record) {
    const std::string name = "task " + std::to_string(n);
    switch (record.phase) {
      case Phase::finished:
        require(!any_needed(n, [](const TaskPlan& plan) { return plan.fails_for_good; }),
                name + " finished and cannot");
        break;
      case Phase::cancelled:
        require(any_needed(n, [](const TaskPlan& plan) { return plan.cancelled; }), name + " was cancelled by nobody");
        break;
      case Phase::failed:
        check_failure(n, record, name);
        break;
      default:
        throw Wrong(name + " has not ended");
    }
  }

  void check_failure(std::size_t n, const TaskRecord& record, const std::string& name) {
    require(record.failure() != nullptr, name + " failed without a failure");
    if (record.failure()->failure.kind == wire::Failure::Kind::worker_lost) {
      const auto is_pinned_to_lost = [&](const TaskPlan& plan) { return plan.pinned && lost_.count(*plan.pinned) > 0; };
      require(!lost_.empty(), name + " was lost, but no worker was");
      require(!course_.options.keep_lineage || any_needed(n, is_pinned_to_lost),
              name + " was lost in spite of lineage");
      return;
    }
    const auto culprit = static_cast<std::size_t>(std::stoul(record.failure()->failure.message));
    require(plans_[n].needs.count(culprit) > 0, name + " has the failure of another");
    require(plans_[culprit].fails_for_good, name + " failed without need");
    const auto [it, first] = failures_.try_emplace(culprit, record.failure().get());
    require(first || it->second == record.failure().get(), name + " has another copy of the failure");
  }

  void read_all() {
    client_acts_left_ = 0;
    for (int round = 0; round < 3; ++round) {
      for (std::size_t n = 0; n < plans_.size(); ++n) {
        if (plans_[n].wanted) read(n);
      }
      settle();
    }
    require(fetches_.empty(), "a fetch was never answered");
    for (const TaskPlan& plan : plans_) {
      const TaskRecord* record = scheduler_.find(plan.id);
      if (plan.wanted && record->phase == Phase::finished) require(plan.read, "a value could not be read");
    }
  }

  void count_ends() {
    for (const TaskPlan& plan : plans_) {
      if (!plan.wanted) continue;
      const TaskRecord& record = *scheduler_.find(plan.id);
      if (record.phase == Phase::finished) {
        ++tally_.finished;
      } else if (record.phase == Phase::cancelled) {
        ++tally_.cancelled;
      } else {
        ++(record.failure()->failure.kind == wire::Failure::Kind::worker_lost ? tally_.lost : tally_.failed);
      }
    }
  }

  void check_nothing_is_left() {
    require(scheduler_.open_tasks() == 0, "tasks are open at the end");
    require(scheduler_.record_count() == 0, "records are left at the end");
    require(root_store_.empty(), "rank 0 keeps values at the end");
    for (std::size_t w = 1; w < workers_.size(); ++w) {
      if (!workers_[w]->alive()) continue;
      require(workers_[w]->value_count() == 0, "worker " + std::to_string(w) + " keeps values at the end");
      require(workers_[w]->state().entry_count() == 0,
              "worker " + std::to_string(w) + " keeps entries at the end" + who_waits());
    }
  }

  std::string who_waits() {
    std::string text;
    for (const std::string& line : scheduler_.who_waits(20)) text += "\n  " + line;
    for (std::size_t w = 1; w < workers_.size(); ++w) {
      text += "\n worker " + std::to_string(w) + (workers_[w]->alive() ? "" : " (lost)");
      for (const std::string& line : workers_[w]->state().who_waits(20)) text += "\n  " + line;
    }
    return text;
  }

  struct Asked {
    std::size_t plan = 0;
    Address from = 0;
  };

  struct Unfilled {
    std::size_t plan = 0;
    scheduler::Submission submission;
  };

  Random random_;
  Course course_;
  Network network_;
  std::map<Network::Channel, double> speeds_;
  std::vector<TaskPlan> plans_;
  std::vector<std::unique_ptr<SimulatedWorker>> workers_;  ///< by address; [0] is empty
  std::vector<Notice> notices_;
  std::vector<Unfilled> unfilled_;
  std::set<Address> lost_;
  std::map<TaskId, std::uint64_t> root_store_;
  std::map<TaskId, std::size_t> by_id_;
  std::set<TaskId> ended_before_;
  std::map<std::uint64_t, Asked> fetches_;
  std::uint64_t last_ticket_ = 0;
  std::map<std::size_t, const FailureRecord*> failures_;
  Time now_ = Time(1);
  std::size_t client_acts_left_ = course_.tasks * 2;
  std::size_t steps_ = 0;
  bool closing_ = false;
  Tally tally_;
  SchedulerState scheduler_;
};

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  graphs += other.graphs;
  tasks += other.tasks;
  messages += other.messages;
  finished += other.finished;
  failed += other.failed;
  cancelled += other.cancelled;
  lost += other.lost;
  workers_lost += other.workers_lost;
  revived += other.revived;
  moved += other.moved;
  recalls += other.recalls;
  given_back += other.given_back;
  relocated += other.relocated;
  rode_along += other.rode_along;
  held += other.held;
  filled += other.filled;
  withheld += other.withheld;
  return *this;
}

Tally run_random_graph(std::uint64_t seed) { return Driver(seed).run(); }

}  // namespace cohort::simulation
