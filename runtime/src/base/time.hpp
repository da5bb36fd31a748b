#pragma once

#include <chrono>

namespace cohort::base {

/// A moment, counted from some start that is the same for the whole process; or a length of time.
using Time = std::chrono::nanoseconds;

}  // namespace cohort::base
