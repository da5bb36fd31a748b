#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cohort::session {

/// Reads a length of time as Slurm writes it: minutes, minutes:seconds, hours:minutes:seconds, days-hours,
/// days-hours:minutes, days-hours:minutes:seconds; or with units, as 90s, 10m, 2h, 1d, 1h30m. Nothing if it is neither.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// "45 s", "12 min", "3 h 20 min".
std::string describe_duration(std::chrono::seconds duration);

}  // namespace cohort::session
