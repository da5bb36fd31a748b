#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "measure.hpp"

/// Texts in columns, aligned to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}

  /// As many cells as the header has.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// With three digits and a unit that fits: "12.3 us", "64.0 KiB".
std::string show(Seconds time);
std::string show_bytes(std::uint64_t bytes);
/// How many times as fast: "12.3 x".
std::string show_ratio(Seconds slow, Seconds fast);
