#pragma once

#include <cstddef>
#include <cstdint>

namespace cohort::simulation {

/// How often things happened, to see that they do.
struct Tally {
  std::size_t graphs = 0;
  std::size_t tasks = 0;
  std::size_t messages = 0;
  std::size_t finished = 0;  ///< as seen by a client that had a future to the end; the next three too
  std::size_t failed = 0;
  std::size_t cancelled = 0;
  std::size_t lost = 0;
  std::size_t workers_lost = 0;
  std::size_t revived = 0;  ///< ended more than once
  std::size_t moved = 0;    ///< inputs given away in place
  std::size_t recalls = 0;
  std::size_t given_back = 0;
  std::size_t relocated = 0;
  std::size_t rode_along = 0;  ///< small values with an assignment
  std::size_t held = 0;
  std::size_t filled = 0;    ///< tasks that were reserved first
  std::size_t withheld = 0;  ///< not started any more, since the time was nearly up

  Tally& operator+=(const Tally& other);
};

/// Runs a random graph on one SchedulerState and some WorkerStates, with messages that are delayed and interleaved at
/// random, and checks all that can be checked after each event and at the end. Everything follows from `seed`. Throws
/// what says what went wrong.
Tally run_random_graph(std::uint64_t seed);

}  // namespace cohort::simulation
