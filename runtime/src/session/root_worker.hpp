#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "base/doorbell.hpp"
#include "base/module_table.hpp"
#include "transport/transport.hpp"
#include "worker/worker.hpp"

namespace cohort::session {

/// Endpoints of rank 0's process and of the others where rank 0 runs tasks too. To the runtime its worker is a member
/// of its own, whose address is the number of ranks.
struct RootMembers {
  std::unique_ptr<transport::Endpoint> mine;    ///< of the core, or of a rank's worker
  std::unique_ptr<transport::Endpoint> worker;  ///< of the worker beside the core; elsewhere null
};

/// `ranks` and `others` are two endpoints over MPI with the rank as address: by the first, rank 0 is the core, by the
/// second its worker. The bells are the core's and its worker's; elsewhere they are not used.
RootMembers join_root_worker(std::unique_ptr<transport::Endpoint> ranks, std::unique_ptr<transport::Endpoint> others,
                             base::Doorbell& core_bell, base::Doorbell& worker_bell);

/// A worker beside the core, on threads of rank 0's process.
class RootWorker {
 public:
  /// `options.leave_now` is set here: the process ends when the core has seen to the other ranks.
  RootWorker(std::unique_ptr<transport::Endpoint> endpoint, std::unique_ptr<base::Doorbell> bell,
             base::ModuleTable& modules, worker::WorkerOptions options);
  RootWorker(const RootWorker&) = delete;
  RootWorker& operator=(const RootWorker&) = delete;
  ~RootWorker();

  const worker::Worker& worker() const { return *worker_; }
  /// The core has told it to leave. Waits until it has; false if a task goes on running, and the process must end.
  bool join();

 private:
  std::unique_ptr<base::Doorbell> bell_;
  std::unique_ptr<transport::Endpoint> endpoint_;
  std::atomic<bool> task_goes_on_ = false;
  std::atomic<bool> ended_ = false;
  std::unique_ptr<worker::Worker> worker_;
  std::thread thread_;
};

}  // namespace cohort::session
