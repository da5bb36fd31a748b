#pragma once

#include <optional>

#include "base/time.hpp"
#include "session/settings.hpp"

namespace cohort::session {

/// Exit code of a run that leaves because its time is up, with work left.
inline constexpr int kTimeIsUp = 85;

/// When a run must have ended, and the moments before that. Without a limit all of them never come.
///
///     closes_at          waits_end          leaves_at   end
///     |  half of the grace  |  the body saves    |        |
class TimeLimit {
 public:
  TimeLimit() = default;
  /// `grace` is made shorter where it would take more than half of the time there is.
  TimeLimit(base::Time now, base::Time left, std::optional<base::Time> grace);

  bool exists() const { return end_ != base::Time::max(); }
  base::Time end() const { return end_; }
  /// From here on only tasks are started that are expected to end before waits_end().
  base::Time closes_at() const { return exists() ? end_ - grace_ : end_; }
  /// From here on the body is not kept waiting.
  base::Time waits_end() const { return exists() ? end_ - grace_ / 2 : end_; }
  /// From here on nothing is waited for.
  base::Time leaves_at() const;
  /// The same on a clock that shows `ahead` more.
  TimeLimit on_clock_ahead(base::Time ahead) const;

 private:
  base::Time end_ = base::Time::max();
  base::Time grace_{};
};

/// The sooner of what the settings say and of what the job has left, from `now` on. A limit of zero in the settings
/// means none at all.
TimeLimit time_limit_of(const Settings& settings, std::optional<base::Time> job_left, base::Time now);

/// Says when a run closes and when it leaves.
class Closing {
 public:
  /// What is to be done.
  enum class Step { nothing, close, leave };

  explicit Closing(const TimeLimit& limit) : limit_(limit) {}

  /// To be called every so often. `signalled`: SIGUSR1 has come, after which nothing is started any more.
  Step look(base::Time now, bool signalled);
  /// Once there is something to close: see Core::begin_closing.
  base::Time latest_end() const { return latest_end_; }
  base::Time waits_end() const { return limit_.waits_end(); }

 private:
  const TimeLimit limit_;
  base::Time latest_end_ = base::Time::max();
};

}  // namespace cohort::session
