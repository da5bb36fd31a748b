#pragma once

#include <chrono>

#include "base/time.hpp"

namespace cohort::session {

/// The clock of everything that runs in real time.
inline base::Time steady_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace cohort::session
