#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace cohort::base {

/// Runs functions one after the other on a thread of its own, which starts with the first.
class Background {
 public:
  /// `before` is called on that thread, before the first function.
  explicit Background(std::function<void()> before = [] {}) : before_(std::move(before)) {}
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() { stop(); }

  void run(std::function<void()> function) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(function));
      if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
    }
    changed_.notify_one();
  }
  /// Waits for what runs, drops what waits; nothing may be given to it afterwards.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void loop() {
    before_();
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ends_ || !waiting_.empty(); });
      if (ends_) return;
      const std::function<void()> function = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      function();
      lock.lock();
    }
  }

  const std::function<void()> before_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace cohort::base
