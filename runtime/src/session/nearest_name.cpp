#include "session/nearest_name.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace cohort::session {
namespace {

/// Letters to insert, remove or replace to get from one to the other (Levenshtein).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view mistyped, std::span<const std::string> names) {
  std::optional<std::string> nearest;
  std::size_t least = std::max<std::size_t>(2, mistyped.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t steps = distance(mistyped, name);
    if (steps < least && steps < name.size()) {
      least = steps;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace cohort::session
