#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace bench::programs {

/// A program that has ended.
struct Program {
  std::int64_t start_ns = 0;  ///< of the monotonic clock
  std::int64_t end_ns = 0;
  std::string output;  ///< what it wrote to standard output
};

/// Starts `arguments[0]`, looked for in PATH, and waits for its end. What a launcher of this process left in the
/// environment is not passed on.
/// throws  std::runtime_error: it cannot be started, failed, or has not ended within `limit` and was killed.
Program run_program(const std::vector<std::string>& arguments, std::chrono::seconds limit);

}  // namespace bench::programs
