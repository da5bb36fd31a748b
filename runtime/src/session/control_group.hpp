#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace cohort::session {

/// CPUs' worth of time that the control groups of this process give it, if they limit it; `root` is where /proc and
/// /sys are found.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

/// Bytes of memory that they give it.
std::optional<std::uint64_t> memory_limit(const std::filesystem::path& root = "/");

}  // namespace cohort::session
