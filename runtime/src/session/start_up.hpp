#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cohort/types.hpp"
#include "session/start_checks.hpp"
#include "session/start_plan.hpp"

namespace cohort::session {

/// A wrong call that all ranks know of: rank 0 says it for them.
struct UsageErrorOfAll : UsageError {
  using UsageError::UsageError;
};

/// How the ranks speak to each other before there is a runtime; all call the same, in the same order.
struct StartTalk {
  int rank = 0;
  std::string host;
  bool one_thread = false;    ///< MPI allows no more
  bool many_threads = false;  ///< MPI allows several at once
  /// Every rank's text, by rank.
  std::function<std::vector<std::string>(std::string_view)> all_gather;
  /// Of a short message from rank 0 to each rank and back; on rank 0, others get what they like.
  std::function<std::vector<base::Time>()> round_trips;
};

/// A talk with oneself.
StartTalk talk_alone();

/// What a rank does, as all have agreed.
class StartUp {
 public:
  /// Called by all ranks together. Rank 0 prints, if it was asked to, which CPUs slots may use, and one line for each
  /// fault that is sure to slow or break the run. Throws UsageErrorOfAll if rank 0 was told to run tasks and
  /// MPI does not allow it.
  StartUp(const Settings& settings, const StartTalk& talk);

  /// Slots of this rank, >= 1; those of rank 0 are the run's only if it is alone.
  int slots() const;
  /// Slots of rank 0 where there are other ranks.
  int root_slots() const { return ranks_.size() > 1 ? slots_.front() : 0; }
  /// For the thread that is a slot's, before its first task.
  void begin_slot(std::size_t slot) const;
  /// For other threads that a slot's thread has started, and for that thread when it is no slot any more: they may use
  /// what the rank may use.
  void unbind() const;
  /// Rank 0 was asked for the doctor.
  bool is_doctors() const { return ranks_.front().settings.doctor; }
  /// On rank 0, for the doctor: all that was checked.
  std::vector<Check>& checks() { return checks_; }

 private:
  void measure(const StartTalk& talk);

  std::vector<RankFacts> ranks_;
  std::vector<int> slots_;
  std::size_t rank_;
  SlotBinding binding_;
  std::vector<Check> checks_;
};

/// Prints the table; returns the exit code: 0, or 3 if there is a fault.
int report_checks(const std::vector<Check>& checks);

}  // namespace cohort::session
