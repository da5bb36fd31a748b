#pragma once

#include <atomic>
#include <string>

#include "base/time.hpp"
#include "cohort/types.hpp"

namespace cohort::worker {

/// What is known about the task that runs on a thread; behind `this_task`.
struct RunningTask {
  TaskId id;
  int rank = 0;
  int attempt = 0;
  std::string label;
  base::Time started{};
  bool reported = false;  ///< the scheduler was told that it runs
  std::atomic<bool> stop_requested{false};
};

/// Makes `task` the one that `this_task` speaks of on this thread, while it lives.
class ThisTask {
 public:
  explicit ThisTask(const RunningTask& task);
  ThisTask(const ThisTask&) = delete;
  ThisTask& operator=(const ThisTask&) = delete;
  ~ThisTask();

 private:
  const RunningTask* outer_;
};

/// Null outside a task.
const RunningTask* running_here();

}  // namespace cohort::worker
