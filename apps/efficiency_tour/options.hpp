#pragma once

#include <cstddef>
#include <string>

struct Options {
  std::size_t largest_bytes = std::size_t{256} << 20;  ///< largest matrix
  int turns = 5;                                       ///< in which each way runs; see measure()
  bool adjust = false;                    ///< the part of the tour that starts programs, instead of the others
  std::string cohort_run = "cohort-run";  ///< by which it does
  std::string sample = "1";               ///< seconds; see cohort-run --tune
  std::string task;                       ///< run only these tasks, see adjustable_tasks(); empty: the tour
  std::size_t tasks = 1000;               ///< so many of them
  bool help = false;
};

/// throws  WrongUse: an unknown flag, a value that cannot be.
Options read_options(int argc, char** argv);

std::string help_text();
