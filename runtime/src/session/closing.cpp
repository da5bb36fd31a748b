#include "session/closing.hpp"

#include <algorithm>

namespace cohort::session {

namespace {

using namespace std::chrono_literals;

/// The grace, unless it is told: so much of the time, at most a minute.
constexpr int kGraceShare = 10;
constexpr base::Time kLongestGrace = 1min;
/// All ranks need so much of the grace to leave, at most.
constexpr int kLeavingShare = 10;
constexpr base::Time kLongestLeaving = 5s;

}  // namespace

TimeLimit::TimeLimit(base::Time now, base::Time left, std::optional<base::Time> grace)
    : end_(left > base::Time::max() - now ? base::Time::max() : now + left),
      grace_(std::min(grace.value_or(std::min(left / kGraceShare, kLongestGrace)), left / 2)) {}

base::Time TimeLimit::leaves_at() const {
  return exists() ? end_ - std::min(grace_ / kLeavingShare, kLongestLeaving) : end_;
}

TimeLimit TimeLimit::on_clock_ahead(base::Time ahead) const {
  TimeLimit same = *this;
  if (exists()) same.end_ += ahead;
  return same;
}

TimeLimit time_limit_of(const Settings& settings, std::optional<base::Time> job_left, base::Time now) {
  if (settings.time_limit == base::Time::zero()) return {};
  if (!settings.time_limit && !job_left) return {};
  const base::Time left =
      std::min(settings.time_limit.value_or(base::Time::max()), job_left.value_or(base::Time::max()));
  return {now, left, settings.grace};
}

Closing::Step Closing::look(base::Time now, bool signalled) {
  if (now >= limit_.leaves_at()) return Step::leave;
  const bool was_open = latest_end_ == base::Time::max();
  if (signalled) {
    latest_end_ = now;
    return Step::close;
  }
  if (!was_open || now < limit_.closes_at()) return Step::nothing;
  latest_end_ = limit_.waits_end();
  return Step::close;
}

}  // namespace cohort::session
