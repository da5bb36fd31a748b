#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cohort::base {

/// Wakes threads that sleep because there was nothing to do. A ring between `ticket()` and `wait_for()` is not lost.
/// Nobody is held up unless somebody sleeps.
class Doorbell {
 public:
  /// To be taken before looking for work.
  std::uint64_t ticket() const { return rings_.load(); }
  void ring() {
    rings_.fetch_add(1);
    // Sequentially consistent: either this sees the sleeper, or the sleeper sees this ring.
    if (sleepers_.load() == 0) return;
    { const std::lock_guard lock(mutex_); }
    rung_.notify_all();
  }
  /// Returns once the bell has rung since `ticket`, or after `limit`.
  void wait_for(std::uint64_t ticket, std::chrono::nanoseconds limit) {
    std::unique_lock lock(mutex_);
    sleepers_.fetch_add(1);
    rung_.wait_for(lock, limit, [&] { return rings_.load() != ticket; });
    sleepers_.fetch_sub(1);
  }

 private:
  std::atomic<std::uint64_t> rings_{0};
  std::atomic<int> sleepers_{0};
  std::mutex mutex_;
  std::condition_variable rung_;
};

}  // namespace cohort::base
