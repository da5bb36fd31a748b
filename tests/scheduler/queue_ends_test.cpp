#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/queue_ends.hpp"
#include "scheduler/scheduler_state.hpp"

namespace cohort::scheduler {

using namespace std::chrono_literals;

namespace {

/// What is taken next: 'f' from the front, 'b' from the back. What comes from there takes `front` and `back`.
std::string taken(QueueEnds& ends, int count, Time front, Time back) {
  std::string order;
  for (int i = 0; i < count; ++i) {
    const bool from_back = ends.back_is_next();
    order += from_back ? 'b' : 'f';
    ends.on_taken(from_back);
    ends.on_measured(from_back, from_back ? back : front);
  }
  return order;
}

/// Workers of one slot each that run what they are given in the order in which it came, in simulated time.
class Workers : public Outbox {
 public:
  explicit Workers(std::size_t count) : workers_(count + 1), state_(*this, std::vector<int>(count, 1)) {}

  /// Until all have ended: how long that takes, over what it takes at least. `times`: in the order of submission.
  double time_to_bound(const std::vector<Time>& times) {
    static constexpr detail::TaskType kKind{};
    for (const Time time : times) {
      submitted_ = time;
      Submission submission;
      submission.type = &kKind;
      times_[state_.on_submit(std::move(submission), now_)] = time;
    }
    for (now_ += 1us; state_.open_tasks() > 0; now_ += 10us) {
      state_.on_tick(now_);
      for (std::size_t w = 1; w < workers_.size(); ++w) step(static_cast<Address>(w));
    }
    state_.check_invariants();
    const Time bound =
        std::max(std::accumulate(times.begin(), times.end(), Time{}) / static_cast<Time::rep>(workers_.size() - 1),
                 *std::ranges::max_element(times));
    return std::chrono::duration<double>(last_end_ - kStart) / bound;
  }

 private:
  struct Worker {
    std::deque<TaskId> waiting;
    TaskId running;
    Time end = kNothing;
    std::vector<TaskId> given_back;
  };
  static constexpr Time kStart = 1s;
  static constexpr Time kNothing = Time::max();

  void step(Address address) {
    Worker& worker = workers_[static_cast<std::size_t>(address)];
    for (const TaskId id : std::exchange(worker.given_back, {})) state_.on_recalled(address, id, now_);
    while (worker.end <= now_ || (worker.end == kNothing && !worker.waiting.empty())) {
      if (worker.end != kNothing) {
        last_end_ = worker.end;
        worker.end = kNothing;
        wire::Done done;
        done.id = worker.running;
        done.duration_ns = static_cast<std::uint64_t>(times_.at(worker.running).count());
        state_.on_done(address, done, now_);
      }
      if (worker.waiting.empty()) return;
      worker.running = worker.waiting.front();
      worker.waiting.pop_front();
      worker.end = std::max(now_ - 10us, last_end_) + times_.at(worker.running);
    }
  }

  void assign(Address to, const TaskRecord& task, std::span<const PlannedInput>) override {
    times_.emplace(task.id, submitted_);
    workers_[static_cast<std::size_t>(to)].waiting.push_back(task.id);
  }
  void recall(Address from, TaskId id) override {
    Worker& worker = workers_[static_cast<std::size_t>(from)];
    if (std::erase(worker.waiting, id) > 0) worker.given_back.push_back(id);
  }
  void release(Address, TaskId) override {}
  void cancel(Address, TaskId) override {}
  void relocate(Address, TaskId, Address) override {}
  void hold(Address, const TaskRecord&, Address) override {}
  void ended(TaskId) override {}

  std::vector<Worker> workers_;
  std::map<TaskId, Time> times_;
  Time submitted_{};
  Time now_ = kStart;
  Time last_end_ = kStart;
  SchedulerState state_;
};

/// A heavy tail, in ascending order.
std::vector<Time> ascending(std::size_t count) {
  std::vector<Time> times;
  for (std::size_t i = 0; i < count; ++i) {
    const double rest = 1 - (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    times.push_back(std::chrono::duration_cast<Time>(
        std::chrono::duration<double, std::micro>(std::min(100'000.0, 200 * std::pow(rest, -1 / 1.2)))));
  }
  return times;
}

}  // namespace

TEST_CASE("tasks are taken from the front, and at doubling distances one from the back") {
  QueueEnds ends;
  CHECK(taken(ends, 40, 1ms, 1ms) ==
        "ffffffffffffffff"
        "b"
        "fffffffffffffff"
        "b"
        "fffffff");
}

TEST_CASE("while those from the back take longer, every second task is taken from there") {
  QueueEnds ends;
  CHECK(taken(ends, 22, 1ms, 10ms) ==
        "ffffffffffffffff"
        "b"
        "fbfbf");
}

TEST_CASE("of tasks that are over in no time none is taken out of turn for being longer") {
  QueueEnds ends;
  CHECK(taken(ends, 22, 1us, 90us) ==
        "ffffffffffffffff"
        "b"
        "fffff");
}

TEST_CASE("once those from the back take as long as others, the front is next again") {
  QueueEnds ends;
  taken(ends, 20, 1ms, 3ms);
  const std::string order = taken(ends, 32, 1ms, 1ms);
  CHECK(order.substr(order.size() - 8) == "ffffffff");
}

TEST_CASE("what was learned of the back is forgotten with the queue") {
  QueueEnds ends;
  taken(ends, 20, 1ms, 10ms);
  ends.begin_again();
  CHECK(taken(ends, 4, 1ms, 10ms) == "ffff");
}

TEST_CASE("where the longest tasks were submitted last, no worker waits for them in the end") {
  const std::vector<Time> times = ascending(1000);
  // In this order alone: 1.078.
  CHECK(Workers(2).time_to_bound(times) < 1.01);
  CHECK(Workers(4).time_to_bound(times) < 1.02);
}

TEST_CASE("where the longest tasks were submitted first, they run first") {
  std::vector<Time> times = ascending(1000);
  std::ranges::reverse(times);
  CHECK(Workers(2).time_to_bound(times) < 1.01);
}

TEST_CASE("where all tasks take equally long, their order costs nothing") {
  CHECK(Workers(2).time_to_bound(std::vector<Time>(1000, Time(500us))) < 1.01);
}

}  // namespace cohort::scheduler
