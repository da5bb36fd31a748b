#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

/// The points cannot be used; the text says why, and where they come from.
struct BadInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file with a point in each line, as far as its first lines tell.
struct CsvFile {
  std::filesystem::path path;
  std::size_t dimensions = 0;     ///< of the first point
  std::size_t skipped_lines = 0;  ///< before it: a header, and empty lines
  std::uint64_t expected_points = 0;
};

/// Looks at the first lines. A header is a first line in which nothing is a number.
/// throws  WrongUse: the file cannot be read; BadInput: it has no points, or points of too many dimensions.
CsvFile look_at_csv(const std::filesystem::path& path);

bool is_blank(const std::string& line);

/// The numbers of a line. throws  std::invalid_argument: they are not so many, or not numbers that can be used.
void parse_numbers(std::string_view line, std::span<double> numbers);
