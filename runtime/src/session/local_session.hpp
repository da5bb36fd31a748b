#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/doorbell.hpp"
#include "base/module_table.hpp"
#include "client/core.hpp"
#include "session/task_threads.hpp"
#include "transport/transport.hpp"
#include "worker/worker.hpp"

namespace cohort::session {

/// What differs between a run and a client made by local().
struct LocalHooks {
  /// Called every so often on a thread of the session.
  std::function<void()> watch = [] {};
  /// The session must end and a task goes on running: see WorkerOptions::leave_now.
  std::function<void(int exit_code)> leave_now = [](int) {};
  /// See CoreOptions::closes_at.
  base::Time closes_at = base::Time::max();
  /// See scheduler::SchedulerOptions.
  base::Time latest_end = base::Time::max();
  std::optional<detail::SamplePlan> sample = std::nullopt;
  std::size_t chunk_elements = 0;
  /// See WorkerOptions.
  std::function<void(std::size_t slot)> begin_slot = [](std::size_t) { limit_task_threads_here(); };
  std::function<void()> begin_other = [] {};
};

/// Client, scheduler and one worker in this process: the same parts as over MPI, with the in-process transport between
/// them.
class LocalSession {
 public:
  /// `slots` >= 1.
  explicit LocalSession(int slots, LocalHooks hooks = {});
  LocalSession(const LocalSession&) = delete;
  LocalSession& operator=(const LocalSession&) = delete;
  /// end(), if that was not called: waits for all tasks, or only for those that run while an exception passes.
  ~LocalSession();

  const std::shared_ptr<detail::Core>& core() const { return core_; }
  const worker::Worker& worker() const { return *worker_; }

  /// Ends the worker and closes the core; prints failures nobody looked at if `finished`. Returns how many there were.
  std::size_t end(bool finished, int exit_code);

 private:
  const std::shared_ptr<base::ModuleTable> modules_;
  std::vector<std::unique_ptr<base::Doorbell>> bells_;
  std::vector<std::unique_ptr<transport::Endpoint>> endpoints_;
  std::shared_ptr<detail::Core> core_;
  std::unique_ptr<worker::Worker> worker_;
  std::thread worker_thread_;
  int exceptions_at_start_ = 0;
  bool ended_ = false;
};

/// Prints the failures, a line each, and returns how many there were.
std::size_t print_unseen(const std::vector<wire::Failure>& failures);

}  // namespace cohort::session
