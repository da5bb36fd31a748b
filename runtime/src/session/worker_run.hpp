#pragma once

#include <atomic>
#include <optional>

#include "base/time.hpp"
#include "session/rank_run.hpp"
#include "worker/worker.hpp"

namespace cohort::session {

/// A rank of a run over MPI that runs tasks.
class WorkerRun final : public RankRun {
 public:
  using RankRun::RankRun;

  /// Returns the exit code that rank 0 tells.
  int run();

 private:
  /// Rank 0 speaks for all, and tells all to leave; only if it does not answer this rank goes alone.
  void watch();
  /// A task called std::exit: rank 0 says so and ends the run; only if it does not answer this rank does.
  void on_exit(int code) override;

  std::optional<worker::Worker> worker_;
  std::atomic<bool> report_requested_ = false;
  std::atomic<bool> ended_ = false;
  int signal_ = 0;
  base::Time leave_at_{};
};

}  // namespace cohort::session
