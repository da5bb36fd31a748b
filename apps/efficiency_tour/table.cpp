#include "table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

namespace {

struct Unit {
  const char* name;
  double size;
};

constexpr Unit kTimeUnits[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}};
constexpr Unit kByteUnits[] = {{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
constexpr Unit kTimes[] = {{"x", 1}};

/// `amount` in the largest of the units that is not larger than it, leaving aside its sign; the units ascend.
std::string show(double amount, std::span<const Unit> units) {
  std::size_t i = 0;
  // 999.5 would show as 1000.
  while (i + 1 < units.size() && std::abs(amount) >= 0.9995 * units[i + 1].size) ++i;
  const double number = amount / units[i].size;
  const int digits = std::abs(number) < 9.995 ? 2 : std::abs(number) < 99.95 ? 1 : 0;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f %s", digits, number, units[i].name);
  return text;
}

}  // namespace

void Table::print() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) std::printf("%*s", static_cast<int>(widths[i] + 2), row[i].c_str());
    std::printf("\n");
  }
}

std::string show(Seconds time) { return show(time.count(), kTimeUnits); }

std::string show_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  return show(static_cast<double>(bytes), kByteUnits);
}

std::string show_ratio(Seconds slow, Seconds fast) { return show(slow / fast, kTimes); }
