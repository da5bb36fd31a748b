#include "base/cycle_clock.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace cohort::base {
namespace {

using namespace std::chrono_literals;

/// Counts three cycles in a nanosecond.
struct Machine {
  Time time = 1h;
  std::uint64_t counter = 1'000'000;
  int looks = 0;

  void pass(Time duration) {
    time += duration;
    counter += 3 * static_cast<std::uint64_t>(duration.count());
  }
  Time ask(CycleClock& clock) {
    return clock.now([&] { return counter; },
                     [&] {
                       ++looks;
                       return time;
                     });
  }
};

TEST_CASE("the clock goes on by cycles once it knows how fast they are") {
  Machine machine;
  CycleClock clock;
  for (int i = 0; i < 10; ++i) {
    CHECK(machine.ask(clock) == machine.time);
    machine.pass(1us);
  }
  CHECK(machine.looks == 10);
  machine.pass(20ms);
  CHECK(machine.ask(clock) == machine.time);
  machine.looks = 0;
  for (int i = 0; i < 1000; ++i) {
    machine.pass(500ns);
    const Time told = machine.ask(clock);
    CHECK(told <= machine.time);
    CHECK(told >= machine.time - 2ns);
  }
  CHECK(machine.looks >= 40);
  CHECK(machine.looks <= 60);
}

TEST_CASE("a counter that jumps is not believed, and the clock never goes back") {
  Machine machine;
  CycleClock clock;
  machine.ask(clock);
  machine.pass(20ms);
  Time last = machine.ask(clock);
  machine.pass(2us);
  CHECK(machine.ask(clock) > last);
  SUBCASE("back, as on another processor") { machine.counter -= 10'000; }
  SUBCASE("forward") { machine.counter += 1'000'000'000; }
  SUBCASE("forward by little") { machine.counter += 6'000; }
  last = machine.ask(clock);
  for (int i = 0; i < 100; ++i) {
    machine.pass(500ns);
    const Time told = machine.ask(clock);
    CHECK(told >= last);
    last = told;
  }
  machine.pass(20us);
  CHECK(machine.ask(clock) == machine.time);
}

TEST_CASE("a look that was interrupted tells nothing about the rate") {
  CycleRate rate;
  rate.on_look(100, 200, 0ns);
  rate.on_look(30'000'200, 60'000'200, 10ms);
  CHECK(rate.nanoseconds_per_cycle() == 0);
  rate.on_look(33'000'200, 33'000'200, 11ms);
  CHECK(rate.nanoseconds_per_cycle() == (std::uint64_t{1} << 32) / 3);
}

TEST_CASE("it shows what the system's shows") {
  for (int i = 0; i < 200; ++i) {
    const Time before = std::chrono::steady_clock::now().time_since_epoch();
    const Time told = steady_now();
    const Time after = std::chrono::steady_clock::now().time_since_epoch();
    CHECK(told > before - CycleClock::kLongest);
    CHECK(told < after + CycleClock::kLongest);
    std::this_thread::sleep_for(100us);
  }
}

}  // namespace
}  // namespace cohort::base
