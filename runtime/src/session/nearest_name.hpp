#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cohort::session {

/// The one of `names` that `mistyped` was probably meant to be; empty if none is near.
std::optional<std::string> nearest_name(std::string_view mistyped, std::span<const std::string> names);

}  // namespace cohort::session
