#pragma once

#include <algorithm>
#include <cstdlib>

namespace cohort::test {

/// How many times less of everything the long tests do: COHORT_TEST_SCALE, which CMake sets where sanitizers make them
/// slow; else 1.
inline int scale() {
  static const int value = [] {
    const char* text = std::getenv("COHORT_TEST_SCALE");
    return text ? std::max(1, std::atoi(text)) : 1;
  }();
  return value;
}

}  // namespace cohort::test
