#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace cohort::base {

/// How fast the processor's cycle counter goes, as is found out meanwhile: from two looks at counter and clock that lie
/// ever further apart.
class CycleRate {
 public:
  /// Of nanoseconds in a cycle, times 2^32; zero: not known yet.
  std::uint64_t nanoseconds_per_cycle() const { return rate_; }
  /// The counter was `before` and `after` a look at the clock that told `now`.
  void on_look(std::uint64_t before, std::uint64_t after, Time now) {
    if (after - before > kInterrupted) return;  // who knows when it was at the clock
    if (began_ == Time::min()) {
      began_at_ = after;
      began_ = now;
      return;
    }
    if (now - began_ < next_) return;
    const std::uint64_t cycles = after - began_at_;
    next_ = std::max(2 * (now - began_), next_);
    rate_ = static_cast<std::uint64_t>(static_cast<double>((now - began_).count()) / static_cast<double>(cycles) *
                                       4294967296.0);
  }

 private:
  /// No look takes so many cycles by itself: some 7 us, against at least 5 ms in between.
  static constexpr std::uint64_t kInterrupted = 20'000;

  std::uint64_t rate_ = 0;
  std::uint64_t began_at_ = 0;
  Time began_ = Time::min();
  Time next_ = std::chrono::milliseconds(5);
};

/// A steady clock for a thread that looks at it with every small task, where a look at the system's takes as long as
/// much else that is done for it: in between it goes on by the processor's cycle counter. What that may be wrong by,
/// should the processor or the machine change, is over with the next look at the system's. Never goes back.
class CycleClock {
 public:
  /// So long it does without the system's clock.
  static constexpr Time kLongest = std::chrono::microseconds(10);

  /// `counter()` reads the cycle counter, `clock()` the system's clock.
  template <class Counter, class Clock>
  Time now(Counter counter, Clock clock) {
    const std::uint64_t before = counter();
    const std::uint64_t cycles = before - looked_at_;
    // A counter that went back is a large number.
    if (cycles < cycles_without_look_) return last_ = std::max(last_, looked_ + to_time(cycles));
    looked_ = clock();
    looked_at_ = counter();
    rate_.on_look(before, looked_at_, looked_);
    const std::uint64_t rate = rate_.nanoseconds_per_cycle();
    if (rate != 0) cycles_without_look_ = (static_cast<std::uint64_t>(kLongest.count()) << 32) / rate;
    return last_ = std::max(last_, looked_);
  }

 private:
  Time to_time(std::uint64_t cycles) const {
    return Time(static_cast<Time::rep>((cycles * rate_.nanoseconds_per_cycle()) >> 32));
  }

  Time looked_ = Time::min();
  std::uint64_t looked_at_ = 0;
  std::uint64_t cycles_without_look_ = 0;
  Time last_ = Time::min();
  CycleRate rate_;
};

/// The steady clock, read by each thread's CycleClock where the processor's counter goes on at one rate, whatever the
/// clock of its cores and their sleep.
Time steady_now();

}  // namespace cohort::base
