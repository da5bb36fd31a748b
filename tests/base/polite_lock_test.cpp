#include "base/polite_lock.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using cohort::base::PoliteLock;

TEST_CASE("who finds the lock taken comes again, and insists in the end") {
  std::mutex mutex;
  PoliteLock polite;
  CHECK(polite.lock(mutex).owns_lock());
  std::unique_lock busy(mutex);
  std::atomic<int> turned_away = 0;
  std::thread visitor([&] {
    while (!polite.lock(mutex)) ++turned_away;
  });
  while (turned_away < 4) std::this_thread::yield();
  busy.unlock();
  visitor.join();  // it has waited for the lock
  CHECK(turned_away == 4);
}
