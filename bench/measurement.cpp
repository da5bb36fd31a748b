#include "measurement.hpp"

#include <algorithm>
#include <cstdio>

#include "measure.hpp"

namespace bench {

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

/// Names here hold nothing that would need escaping.
std::string quoted(const std::string& text) { return '"' + text + '"'; }

/// Without numbers that mean nothing here.
void print_heading(const Measurement& m) {
  std::printf("%s", m.case_name.c_str());
  if (m.ranks != 0) std::printf(", ranks: %d", m.ranks);
  if (m.threads != 0) std::printf(", threads: %d", m.threads);
  std::printf("\n%12s  %-25s %4s %10s %10s %10s  %-10s %s\n", "size", "system", "runs", "median", "min", "max", "unit",
              "ratio");
}

}  // namespace

std::string to_json(const Measurement& m) {
  const auto [min, max] = std::minmax_element(m.values.begin(), m.values.end());
  std::string line = "{\"case\": " + quoted(m.case_name) + ", \"system\": " + quoted(m.system);
  line += ", \"ranks\": " + std::to_string(m.ranks) + ", \"threads\": " + std::to_string(m.threads);
  line += ", \"size\": " + std::to_string(m.size) + ", \"repetitions\": " + std::to_string(m.values.size());
  line += ", \"median\": " + number(median(m.values)) + ", \"min\": " + number(*min) + ", \"max\": " + number(*max);
  line += ", \"unit\": " + quoted(m.unit);
  line += ", \"reference\": " + (m.reference.empty() ? "null" : quoted(m.reference));
  return line + ", \"ratio\": " + (m.ratio ? number(*m.ratio) : "null") + "}";
}

void print_table(const std::vector<Measurement>& measurements) {
  const std::string* heading = nullptr;
  for (const Measurement& m : measurements) {
    if (heading == nullptr || *heading != m.case_name) {
      if (heading != nullptr) std::printf("\n");
      print_heading(m);
      heading = &m.case_name;
    }
    const auto [min, max] = std::minmax_element(m.values.begin(), m.values.end());
    std::printf("%12llu  %-25s %4zu %10.4g %10.4g %10.4g  %-10s ", static_cast<unsigned long long>(m.size),
                m.system.c_str(), m.values.size(), median(m.values), *min, *max, m.unit.c_str());
    if (m.ratio) {
      std::printf("%.3f to %s\n", *m.ratio, m.reference.c_str());
    } else {
      std::printf("\n");
    }
  }
}

}  // namespace bench
