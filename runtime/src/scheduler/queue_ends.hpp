#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/time.hpp"

namespace cohort::scheduler {

/// From which end of the ready queue the next task is taken.
///
/// From the front: first come, first served. But programs often submit tasks in an order that has to do with how long
/// they take, and where the longest come last, all other slots stand idle beside them in the end. Nobody knows how long
/// a task takes that has not run: so one from the back is tried now and then, ever more rarely, and while those take
/// clearly longer, every second task is taken from there. The longest then start early, and the front, whose values may
/// be waited for in order, goes on at half of the pace at least.
class QueueEnds {
 public:
  /// The queue was empty: what was learned of its back is of no use any more.
  void begin_again() {
    spacing_ = until_trial_ = kFirstTrial;
    last_was_back_ = back_takes_longer_ = false;
    back_ = {};
  }
  bool back_is_next() const { return until_trial_ == 0 || (back_takes_longer_ && !last_was_back_); }
  void on_taken(bool from_back) {
    last_was_back_ = from_back;
    if (until_trial_-- > 0) return;
    until_trial_ = spacing_ - 1;
    spacing_ *= 2;
  }
  /// A task that was taken from the queue has ended.
  void on_measured(bool from_back, base::Time duration) {
    (from_back ? back_ : front_).add(duration);
    if (!back_.known) return;
    back_takes_longer_ = front_.known && back_.duration > std::max(kWorthIt, kClearly * front_.duration);
  }

 private:
  /// A moving average.
  struct Usual {
    base::Time duration{};
    bool known = false;

    void add(base::Time measured) {
      duration = known ? duration + (measured - duration) / kWeight : measured;
      known = true;
    }
  };

  /// Fewer tasks are not worth a trial.
  static constexpr std::size_t kFirstTrial = 16;
  static constexpr int kWeight = 8;
  /// What takes less than this many times as long is much the same.
  static constexpr int kClearly = 2;
  /// What takes less leaves no slot alone for long.
  static constexpr base::Time kWorthIt = std::chrono::microseconds(100);

  std::size_t spacing_ = kFirstTrial;
  std::size_t until_trial_ = kFirstTrial;  ///< tasks to be taken before
  bool last_was_back_ = false;
  bool back_takes_longer_ = false;
  Usual front_;
  Usual back_;
};

}  // namespace cohort::scheduler
