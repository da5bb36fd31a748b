#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/core.hpp"
#include "session/body.hpp"
#include "session/closing.hpp"
#include "session/rank_run.hpp"
#include "session/sampling.hpp"

namespace cohort::session {

/// Rank 0 of a run over MPI: the body, the scheduler, and the end of all ranks.
class RootRun final : public RankRun {
 public:
  /// `limit`: on steady_now()'s clock. `sampling` must live as long.
  RootRun(const Settings& settings, const Launch& launch, const TimeLimit& limit, const Sampling& sampling,
          transport::MpiWorld& world, std::shared_ptr<base::ModuleTable> modules);

  /// Returns the exit code.
  int run(const Body& body);

 private:
  int lead(const Body& body);
  void begin_root_worker();
  /// Throws UsageError if the worker cannot take part.
  void check(int rank, const detail::WorkerInfo& worker) const;
  bool checks_only() const { return start_ && start_->is_doctors(); }
  /// `difference`: of the programs of two ranks, if there is one.
  int report(const std::string& difference);
  int end(int code, bool now);
  void stop(int code, bool now, bool process_ends);
  void watch();
  /// Those of this rank, and those that workers have told of. Whether one says that nothing is to be started any more.
  bool look_at_signals();
  void close_in_time(bool told_to_close);
  /// The body does not notice. The sample is written before the first rank has ended, after which mpirun ends all.
  void leave_sampled();
  void write_sample();
  [[noreturn]] void leave_all(int code, const std::string& text);
  /// The body called std::exit: all leave, in order if no task is in the way.
  void on_exit(int code) override;

  const std::function<base::Time()> clock_;
  const TimeLimit limit_;
  Closing closing_;
  const Sampling& sampling_;
  std::atomic<bool> leaves_sampled_ = false;
  std::atomic<bool> sampled_ = false;  ///< it is written, or will be by who has set this
  std::shared_ptr<detail::Core> core_;
  std::atomic<bool> leaving_ = false;
  std::atomic<bool> report_requested_ = false;  ///< of rank 0's own worker
};

}  // namespace cohort::session
