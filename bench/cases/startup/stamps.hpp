#pragma once

#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

/// What a program that is started and measured tells of itself, by a line of its standard output.
namespace bench::programs {

/// Nanoseconds of the monotonic clock, which all processes of a machine share.
inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Stamps {
  std::int64_t first_result_ns = 0;
  std::int64_t last_result_ns = 0;
};

inline void print(const Stamps& stamps) {
  std::printf("stamps %" PRId64 " %" PRId64 "\n", stamps.first_result_ns, stamps.last_result_ns);
  std::fflush(stdout);
}

inline std::optional<Stamps> stamps_in(const std::string& output) {
  const std::size_t line = output.find("stamps ");
  Stamps stamps;
  if (line == std::string::npos || std::sscanf(output.c_str() + line, "stamps %" SCNd64 " %" SCNd64,
                                               &stamps.first_result_ns, &stamps.last_result_ns) != 2)
    return std::nullopt;
  return stamps;
}

}  // namespace bench::programs
