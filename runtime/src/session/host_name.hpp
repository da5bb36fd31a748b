#pragma once

#include <unistd.h>

#include <array>
#include <string>

namespace cohort::session {

/// This machine's own name.
inline std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "unknown host";
}

}  // namespace cohort::session
