#pragma once

#include <cstdint>
#include <optional>

/// What this process has in memory, after what it freed was given back to the system. Nothing where it cannot be told.
std::optional<std::uint64_t> resident_bytes_after_trim();
/// The same as it is. Quick.
std::optional<std::uint64_t> resident_bytes();
