#pragma once

#include <cstdint>

/// Something to compute, for a time that is proportional to its steps.
struct Work {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;
};

std::uint64_t do_work(Work work);

/// How fast this process works, while nothing disturbs it.
double steps_per_second();
