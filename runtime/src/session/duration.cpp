#include "session/duration.hpp"

#include <charconv>
#include <vector>

namespace cohort::session {

namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

/// A hundred years: what is longer is a mistake, and sums of it would overflow.
constexpr std::int64_t kMost = 100LL * 365 * 24 * 3600;

/// Takes a number off the front of `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > kMost) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
  return number;
}

std::optional<seconds> unit_of(char letter) {
  switch (letter) {
    case 's':
      return 1s;
    case 'm':
      return 1min;
    case 'h':
      return 1h;
    case 'd':
      return 24h;
    default:
      return std::nullopt;
  }
}

std::optional<seconds> parse_with_units(std::string_view text) {
  seconds sum{};
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto unit = number && !text.empty() ? unit_of(text.front()) : std::nullopt;
    if (!unit || *number > kMost / unit->count()) return std::nullopt;
    sum += *number * *unit;
    text.remove_prefix(1);
  }
  return sum;
}

/// The fields between colons, at most three.
std::optional<std::vector<std::int64_t>> parse_fields(std::string_view text) {
  std::vector<std::int64_t> fields;
  for (;;) {
    const auto number = take_number(text);
    if (!number || fields.size() == 3) return std::nullopt;
    fields.push_back(*number);
    if (text.empty()) return fields;
    if (text.front() != ':') return std::nullopt;
    text.remove_prefix(1);
  }
}

}  // namespace

std::optional<seconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.find_first_of("smhd") != text.npos) return parse_with_units(text);
  std::int64_t days = 0;
  const std::size_t dash = text.find('-');
  if (dash != text.npos) {
    std::string_view head = text.substr(0, dash);
    const auto number = take_number(head);
    if (!number || !head.empty() || *number > kMost / (24 * 3600)) return std::nullopt;
    days = *number;
    text.remove_prefix(dash + 1);
  }
  auto fields = parse_fields(text);
  if (!fields) return std::nullopt;
  // Alone, the first field is minutes, unless days or two others come with it: then it is hours.
  if (dash == text.npos && fields->size() < 3) fields->insert(fields->begin(), 0);
  fields->resize(3);
  for (const std::int64_t field : *fields) {
    if (field > kMost / 3600) return std::nullopt;
  }
  return seconds(((days * 24 + (*fields)[0]) * 60 + (*fields)[1]) * 60 + (*fields)[2]);
}

std::string describe_duration(seconds duration) {
  const std::int64_t total = duration.count();
  if (total < 120) return std::to_string(total) + " s";
  if (total < 2 * 3600) return std::to_string(total / 60) + " min";
  return std::to_string(total / 3600) + " h " + std::to_string(total / 60 % 60) + " min";
}

}  // namespace cohort::session
