#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// What one system did in one case, at one size. A value is a cost: less is better.
struct Measurement {
  std::string case_name;
  std::string system;
  int ranks = 0;    ///< 0: started without mpirun
  int threads = 0;  ///< of one worker; 0: the systems measured have none here
  std::uint64_t size = 0;
  std::vector<double> values;
  std::string unit;
  std::string reference;        ///< the system that `ratio` compares with
  std::optional<double> ratio;  ///< this system's median to the reference's
};

/// One line of JSON: case, system, ranks, threads, size, repetitions, median, min, max, unit, reference, ratio.
std::string to_json(const Measurement& measurement);

/// Prints a table, with a heading where the case changes.
void print_table(const std::vector<Measurement>& measurements);

}  // namespace bench
