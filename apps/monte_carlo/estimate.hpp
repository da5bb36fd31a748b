#pragma once

#include <cohort/cohort.hpp>
#include <cstdint>

/// What both estimates are told.
struct Sampling {
  long samples = 0;  ///< >= 2
  std::uint64_t seed = 0;
  cohort::Chunking chunking;
};

/// A value and its 95 % confidence interval: value - half_width to value + half_width.
struct Estimate {
  double value = 0;
  double half_width = 0;
};

/// So many standard errors are half of the interval.
inline constexpr double kErrorsOf95Percent = 1.959963984540054;
