#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "cohort/types.hpp"
#include "worker/shared_types.hpp"

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
  std::optional<std::size_t> failed_element;  ///< what its exception is about
  const SharedTypes* shared_types = nullptr;  ///< null: none
};

/// Makes `task` the one that `this_task` speaks of on this thread, while it lives.
class ThisTask {
 public:
  explicit ThisTask(RunningTask& task);
  ThisTask(const ThisTask&) = delete;
  ThisTask& operator=(const ThisTask&) = delete;
  ~ThisTask();

 private:
  RunningTask* outer_;
};

/// Null outside a task.
RunningTask* running_here();

}  // namespace cohort::worker
