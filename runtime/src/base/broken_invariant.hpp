#pragma once

#include <stdexcept>

namespace cohort::base {

/// The runtime's own books do not agree: a bug here, never the user's doing.
struct BrokenInvariant : std::logic_error {
  using std::logic_error::logic_error;
};

}  // namespace cohort::base
