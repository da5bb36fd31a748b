#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "scheduler/priority_queue.hpp"

namespace cohort::scheduler {

/// How often a worker that always has work reports an end: less often than tasks take where they wait for each other.
class Pace {
 public:
  /// `ends` more were reported; `busy`: it has work left.
  void on_report(std::size_t ends, bool busy, Time now) {
    if (began_ == kNever) {
      if (busy) began_ = last_ = now;
      return;
    }
    // Reports that are read together have one time: a window ends only once it is over.
    if (now > last_ && last_ - began_ >= kWindow && ends_ > 0) {
      between_ = (last_ - began_) / static_cast<Time::rep>(ends_);
      began_ = last_;
      ends_ = 0;
    }
    ends_ += ends;
    last_ = now;
    if (busy) return;
    began_ = kNever;
    ends_ = 0;
  }
  /// Between two ends; zero: not known.
  Time between() const { return between_; }

 private:
  static constexpr Time kWindow = std::chrono::microseconds(200);
  static constexpr Time kNever = Time::min();

  Time began_ = kNever;
  Time last_{};
  std::size_t ends_ = 0;
  Time between_{};
};

/// What the scheduler knows about one worker.
struct WorkerLoad {
  int slots = 1;
  bool lost = false;
  TaskQueue assigned;    ///< in the order they were sent
  PriorityQueue parked;  ///< chosen for it, not sent yet
  std::size_t assigned_count = 0;
  std::size_t guessed_count = 0;  ///< assigned tasks of which nobody knows how long they take
  Time assigned_time{};           ///< sum of TaskRecord::estimate over `assigned`
  Time last_report{};             ///< when it last told of an ended task
  std::size_t reported = 0;       ///< ends in the report that is being read
  Pace pace;
  Time last_theft{};       ///< when work was last looked for on its behalf
  std::size_t coming = 0;  ///< tasks recalled from others on its behalf, not answered yet
  std::size_t hungry_index = kNotHungry;
  /// Assigned tasks of a priority other than zero, by priority.
  std::map<int, std::size_t> unusual_priorities;

  static constexpr std::size_t kNotHungry = SIZE_MAX;

  Time last_start{};  ///< planned: of the task that was assigned last
  Time busy_until{};  ///< planned: when all assigned will have run, with the waits for their inputs

  /// When a task given now could start whose inputs are there at `ready`. One that is ready before the last one starts
  /// may run while that one waits; any other comes after it. What others have reported so far, and this one has not, is
  /// no reason to prefer them.
  Time available(Time now, Time ready) const {
    constexpr Time kReportsDiffer = std::chrono::milliseconds(2);
    const Time work = now + per_slot(assigned_time);
    return ready < last_start ? work : std::max(busy_until, work - kReportsDiffer);
  }
  /// Takes a task into the plan that takes `duration` from `start` on.
  void plan(Time start, Time duration) {
    last_start = start;
    busy_until = std::max(busy_until, start) + per_slot(duration);
  }
  /// A division takes as long as much else that is done for a task.
  Time per_slot(Time time) const { return slots == 1 ? time : time / slots; }

  /// Assigned tasks of at least this priority.
  std::size_t count_from(int priority) const {
    std::size_t unusual = 0;
    std::size_t from = 0;
    for (const auto& [its_priority, count] : unusual_priorities) {
      unusual += count;
      if (its_priority >= priority) from += count;
    }
    return from + (priority <= 0 ? assigned_count - unusual : 0);
  }
};

/// How much work a worker is given ahead.
struct StockLimits {
  /// Work ahead per slot: long enough to hide the round trip even where ranks share CPUs and one of them may be off its
  /// CPU for a time slice.
  Time time = std::chrono::milliseconds(4);
  /// Tasks at one worker that were not reported yet, however short they are.
  std::size_t tasks = 1024;
  /// Presumed duration of a call that was never measured.
  Time unknown_duration = std::chrono::microseconds(200);

  /// Whether the worker should be given more tasks that could run anywhere.
  bool hungry(const WorkerLoad& worker) const {
    if (worker.lost || worker.assigned_count >= tasks) return false;
    const auto slots = static_cast<std::size_t>(worker.slots);
    return worker.assigned_count < slots + 1 || worker.assigned_time < time * worker.slots;
  }
};

}  // namespace cohort::scheduler
