#pragma once

#include <cstdint>

namespace cohort::base {

/// The most memory that this process has had at once, in bytes, without what it has only reserved; 0: it cannot be
/// told.
std::uint64_t peak_resident_bytes();

}  // namespace cohort::base
