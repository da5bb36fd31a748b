#pragma once

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/doorbell.hpp"

namespace cohort::base {

/// From here on sleeps of this thread end within a microsecond of their time, not within the usual fifty.
inline void sleep_precisely() { prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL); }

/// Leaves the core to its other hardware thread for a moment.
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("isb");  // "yield" takes no time there
#endif
}

/// How a thread waits that must look for work itself: it spins briefly, then yields, then sleeps, longer and longer, on
/// a doorbell that can wake it.
class Backoff {
 public:
  struct Limits {
    int spins = 1024;  ///< a look at what may have come counts as one, a return to the caller as three more
    int yields = 64;
    std::chrono::nanoseconds first_sleep = std::chrono::microseconds(20);
    std::chrono::nanoseconds longest_sleep = std::chrono::milliseconds(1);
    /// A wait of 128 times longest_sleep and more may sleep longer, up to this: whoever comes late does so by less than
    /// 1 % of the time that it has waited, and a rank that idles for long costs next to nothing.
    std::chrono::nanoseconds longest_sleep_at_last = std::chrono::milliseconds(4);
    /// Whether there is a thread that rings the bell; if not, it sleeps without it: a simulated cluster then lets
    /// simulated time pass.
    bool bell_may_ring = true;
  };

  explicit Backoff(Limits limits) : limits_(limits) {}

  /// There was work.
  void reset() {
    rounds_ = 0;
    sleep_ = limits_.first_sleep;
    slept_ = {};
  }
  /// The next pause sleeps.
  bool sleeping() const { return rounds_ >= limits_.spins + limits_.yields; }
  /// Instead of pause(), where looking again sooner than in `rest` is of no use.
  void rest(Doorbell& bell, std::uint64_t ticket, std::chrono::nanoseconds rest) const {
    if (limits_.bell_may_ring) {
      bell.wait_for(ticket, rest);
    } else {
      std::this_thread::sleep_for(rest);
    }
  }
  /// Waits a little, never longer than `at_most`. `ticket` was taken from `bell` before looking for work. While it
  /// spins it asks `look()`, which costs next to nothing, whether it is time to look for work again.
  template <class Look>
  void pause(Doorbell& bell, std::uint64_t ticket, std::chrono::nanoseconds at_most, Look look) {
    if (rounds_ < limits_.spins) {
      rounds_ += kReturn;
      for (int looks = 0; looks < kLooks; ++looks) {
        ++rounds_;
        relax();
        if (look()) return;
      }
    } else if (rounds_ < limits_.spins + limits_.yields) {
      ++rounds_;
      sched_yield();
    } else {
      if (limits_.bell_may_ring)
        bell.wait_for(ticket, std::min(sleep_, at_most));
      else
        std::this_thread::sleep_for(std::min(sleep_, at_most));
      slept_ += sleep_;
      const auto longest = std::max(limits_.longest_sleep, std::min(slept_ / 128, limits_.longest_sleep_at_last));
      sleep_ = std::min(sleep_ + sleep_ / 4, longest);
    }
  }
  void pause(Doorbell& bell, std::uint64_t ticket, std::chrono::nanoseconds at_most) {
    pause(bell, ticket, at_most, [] { return true; });
  }

 private:
  static constexpr int kReturn = 3;
  static constexpr int kLooks = 16;

  Limits limits_;
  int rounds_ = 0;
  std::chrono::nanoseconds sleep_ = limits_.first_sleep;
  std::chrono::nanoseconds slept_{};
};

}  // namespace cohort::base
