#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/backoff.hpp"
#include "base/doorbell.hpp"
#include "base/module_table.hpp"
#include "session/launch.hpp"
#include "session/root_worker.hpp"
#include "session/settings.hpp"
#include "session/signals.hpp"
#include "session/start_up.hpp"
#include "transport/mpi_world.hpp"
#include "transport/transport.hpp"

namespace cohort::session {

/// What the workers are told instead of `code` where rank 0 leaves without MPI_Finalize: they must too, for it would
/// wait.
int without_finalize(int code);
bool is_without_finalize(int code);

/// Ends all ranks: they wait for this one, and MPI_Finalize would wait for them.
[[noreturn]] void give_up(const transport::MpiWorld& world, const std::string& text);

/// What rank 0 and the workers have in common.
class RankRun : public ProcessEvents {
 public:
  RankRun(const Settings& settings, const Launch& launch, transport::MpiWorld& world,
          std::shared_ptr<base::ModuleTable> modules);

 private:
  transport::MpiOptions endpoint_options() const;

 protected:
  /// All ranks do so together, except on a simulated cluster: all are alike there, and to ask each other takes hours.
  void start_up();
  std::function<base::Time()> clock() const;
  [[noreturn]] void broken(const std::string& text) { give_up(world_, text); }
  /// All ranks do so together.
  void finalize();
  /// The same where the process is about to end, or the run was broken off.
  void finalize_now(int code, bool process_ends);
  /// Somebody looks for signals, unless one thread must do everything.
  void look_for_signals();

  const Settings& settings_;
  transport::MpiWorld& world_;
  const std::shared_ptr<base::ModuleTable> modules_;
  const bool simulated_;
  const base::Backoff::Limits backoff_;
  const bool one_thread_;
  base::Doorbell bell_;
  std::unique_ptr<transport::Endpoint> endpoint_;
  /// Of rank 0's own worker, if it has one.
  std::unique_ptr<base::Doorbell> root_bell_ = std::make_unique<base::Doorbell>();
  std::unique_ptr<transport::Endpoint> root_endpoint_;
  std::optional<SignalWatch> signals_;
  std::optional<StartUp> start_;
  std::unique_ptr<RootWorker> root_worker_;
};

}  // namespace cohort::session
