#pragma once

#include "base/cycle_clock.hpp"

namespace cohort::session {

/// The clock of everything that runs in real time.
using base::steady_now;

}  // namespace cohort::session
