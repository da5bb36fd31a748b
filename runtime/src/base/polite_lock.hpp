#pragma once

#include <mutex>

#include "base/backoff.hpp"

namespace cohort::base {

/// For a thread that looks in every so often at what a busier one does under the same lock. To wait for the lock would
/// cost the busy one a system call; so it comes again later, and insists only once it was turned away several times.
class PoliteLock {
 public:
  /// Empty-handed, now and then.
  std::unique_lock<std::mutex> lock(std::mutex& mutex) {
    std::unique_lock<std::mutex> lock(mutex, std::try_to_lock);
    if (!lock.owns_lock() && ++turned_away_ > kPatience) lock.lock();
    if (lock.owns_lock()) turned_away_ = 0;
    return lock;
  }

 private:
  static constexpr int kPatience = 4;

  int turned_away_ = 0;
};

/// For a lock that others hold for a fraction of a microsecond: to wait for it is not worth a system call.
inline void lock_soon(std::unique_lock<std::mutex>& lock) {
  for (int i = 0; i < 100; ++i) {
    if (lock.try_lock()) return;
    relax();
  }
  lock.lock();
}

}  // namespace cohort::base
