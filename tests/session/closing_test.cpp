#include "session/closing.hpp"

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using cohort::base::Time;
using cohort::session::Closing;
using cohort::session::Settings;
using cohort::session::time_limit_of;
using cohort::session::TimeLimit;
using Step = Closing::Step;

constexpr Time kNow = 1000s;

Settings limit_and_grace(std::optional<Time> limit, std::optional<Time> grace = std::nullopt) {
  Settings settings;
  settings.time_limit = limit;
  settings.grace = grace;
  return settings;
}

}  // namespace

TEST_CASE("without a limit no moment ever comes") {
  const TimeLimit none = time_limit_of({}, std::nullopt, kNow);
  CHECK_FALSE(none.exists());
  CHECK(none.closes_at() == Time::max());
  CHECK(none.leaves_at() == Time::max());
  CHECK_FALSE(none.on_clock_ahead(5s).exists());
  CHECK(Closing(none).look(kNow + 100h, false) == Step::nothing);
}

TEST_CASE("the sooner of the settings and the job's end holds") {
  CHECK(time_limit_of({}, 10min, kNow).end() == kNow + 10min);
  CHECK(time_limit_of(limit_and_grace(5min), 10min, kNow).end() == kNow + 5min);
  CHECK(time_limit_of(limit_and_grace(20min), 10min, kNow).end() == kNow + 10min);
  CHECK(time_limit_of(limit_and_grace(20min), std::nullopt, kNow).end() == kNow + 20min);
  CHECK_FALSE(time_limit_of(limit_and_grace(0s), 10min, kNow).exists());
}

TEST_CASE("the grace is a tenth of the time, at most a minute, and has room for the body and for leaving") {
  const TimeLimit hours = time_limit_of(limit_and_grace(2h), std::nullopt, kNow);
  CHECK(hours.closes_at() == kNow + 2h - 60s);
  CHECK(hours.waits_end() == kNow + 2h - 30s);
  CHECK(hours.leaves_at() == kNow + 2h - 5s);
  const TimeLimit minute = time_limit_of(limit_and_grace(60s), std::nullopt, kNow);
  CHECK(minute.closes_at() == kNow + 54s);
  CHECK(minute.waits_end() == kNow + 57s);
  CHECK(minute.leaves_at() == kNow + 59400ms);
}

TEST_CASE("the grace can be chosen, up to half of the time") {
  CHECK(time_limit_of(limit_and_grace(1h, 10min), std::nullopt, kNow).closes_at() == kNow + 50min);
  CHECK(time_limit_of(limit_and_grace(1h, 2h), std::nullopt, kNow).closes_at() == kNow + 30min);
  CHECK(time_limit_of(limit_and_grace(1h, 0s), std::nullopt, kNow).leaves_at() == kNow + 1h);
}

TEST_CASE("on another clock the moments are as far away") {
  const TimeLimit limit = time_limit_of(limit_and_grace(1h), std::nullopt, kNow).on_clock_ahead(-400s);
  CHECK(limit.closes_at() == kNow - 400s + 1h - 60s);
}

TEST_CASE("a run closes once, and leaves") {
  Closing closing(time_limit_of(limit_and_grace(100s, 20s), std::nullopt, kNow));
  CHECK(closing.look(kNow, false) == Step::nothing);
  CHECK(closing.look(kNow + 80s, false) == Step::close);
  CHECK(closing.latest_end() == kNow + 90s);
  CHECK(closing.waits_end() == kNow + 90s);
  CHECK(closing.look(kNow + 81s, false) == Step::nothing);
  CHECK(closing.look(kNow + 98s, false) == Step::leave);
}

TEST_CASE("after a signal nothing is started; what runs may end, with a limit until the body must not be kept") {
  Closing closing(time_limit_of(limit_and_grace(100s, 20s), std::nullopt, kNow));
  CHECK(closing.look(kNow + 10s, true) == Step::close);
  CHECK(closing.latest_end() == kNow + 10s);
  CHECK(closing.waits_end() == kNow + 90s);
  CHECK(closing.look(kNow + 80s, false) == Step::nothing);
  CHECK(closing.latest_end() == kNow + 10s);

  Closing unlimited((TimeLimit()));
  CHECK(unlimited.look(kNow, true) == Step::close);
  CHECK(unlimited.waits_end() == Time::max());
}

TEST_CASE("a signal also stops what the time limit would still have let start") {
  Closing closing(time_limit_of(limit_and_grace(100s, 20s), std::nullopt, kNow));
  CHECK(closing.look(kNow + 80s, false) == Step::close);
  CHECK(closing.look(kNow + 81s, true) == Step::close);
  CHECK(closing.latest_end() == kNow + 81s);
}
