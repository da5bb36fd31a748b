#include "base/backoff.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "base/doorbell.hpp"

namespace cohort::base {
namespace {

using namespace std::chrono_literals;

TEST_CASE("who spins looks several times before it returns, and at once when there is something") {
  Doorbell bell;
  Backoff backoff(Backoff::Limits{});
  int looks = 0;
  backoff.pause(bell, bell.ticket(), 1s, [&] { return ++looks < 0; });
  CHECK(looks > 1);
  looks = 0;
  backoff.pause(bell, bell.ticket(), 1s, [&] { return ++looks > 0; });
  CHECK(looks == 1);
}

TEST_CASE("who waits spins, yields and then sleeps, until it has found something") {
  Doorbell bell;
  Backoff backoff({.spins = 100, .yields = 5, .first_sleep = 1us, .longest_sleep = 1us});
  for (const bool seen : {true, false}) {
    CAPTURE(seen);
    int looks = 0;
    int pauses = 0;
    for (; !backoff.sleeping(); ++pauses) {
      backoff.pause(bell, bell.ticket(), 1s, [&] {
        ++looks;
        return seen;
      });
    }
    CHECK(pauses > 5);
    CHECK(pauses <= 105);
    CHECK(looks <= 100 + 16);
    backoff.pause(bell, bell.ticket(), 1us);  // a sleep, which ends
    CHECK(backoff.sleeping());
    backoff.reset();
    CHECK_FALSE(backoff.sleeping());
  }
}

}  // namespace
}  // namespace cohort::base
