#include "csv_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cohort/cohort.hpp>
#include <optional>
#include <system_error>
#include <vector>

#include "flags/flags.hpp"
#include "options.hpp"
#include "point.hpp"

namespace {

constexpr std::string_view kSpaces = " \t\r";
/// Squares of larger ones, and their sums, might not be numbers any more.
constexpr double kGreatestNumber = 1e100;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(kSpaces), text.size());
  return text.substr(first, text.find_last_not_of(kSpaces) + 1 - first);
}

std::optional<double> to_number(std::string_view field) {
  double number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (error != std::errc() || end != field.data() + field.size() || !(std::abs(number) <= kGreatestNumber)) return {};
  return number;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t comma = 0; comma != std::string_view::npos; line.remove_prefix(std::min(comma + 1, line.size()))) {
    comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
  }
  return fields;
}

bool is_header(std::string_view line) {
  return std::ranges::none_of(fields_of(line), [](std::string_view field) { return to_number(field).has_value(); });
}

CsvFile look_at_lines(const std::filesystem::path& path) {
  CsvFile file{path};
  bool may_be_header = true;
  for (const std::string& line : cohort::lines(path)) {
    if (!is_blank(line)) {
      if (!may_be_header || !is_header(line)) {
        file.dimensions = fields_of(line).size();
        file.expected_points = std::filesystem::file_size(path) / (line.size() + 1) + 1;
        return file;
      }
      may_be_header = false;
    }
    ++file.skipped_lines;
  }
  throw BadInput(path.string() + " has no points");
}

}  // namespace

CsvFile look_at_csv(const std::filesystem::path& path) {
  std::error_code unknown;  // then opening it will tell
  const auto type = std::filesystem::status(path, unknown).type();
  if (std::filesystem::exists(path, unknown) && type != std::filesystem::file_type::regular) {
    throw WrongUse("cannot read " + path.string() + ": it is no file");
  }
  try {
    CsvFile file = look_at_lines(path);
    if (file.dimensions <= kMostDimensions) return file;
    throw BadInput(path.string() + ":" + std::to_string(file.skipped_lines + 1) + ": a point of " +
                   std::to_string(file.dimensions) + " dimensions; " + std::to_string(kMostDimensions) +
                   " are possible");
  } catch (const std::system_error& error) {
    throw WrongUse(error.what());
  }
}

bool is_blank(const std::string& line) { return trimmed(line).empty(); }

void parse_numbers(std::string_view line, std::span<double> numbers) {
  const std::vector<std::string_view> fields = fields_of(line);
  if (fields.size() != numbers.size()) {
    throw std::invalid_argument(std::to_string(fields.size()) + " instead of " + std::to_string(numbers.size()) +
                                " numbers");
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::optional<double> number = to_number(fields[i]);
    if (!number) throw std::invalid_argument("'" + std::string(fields[i]) + "' is no number that can be used");
    numbers[i] = *number;
  }
}
