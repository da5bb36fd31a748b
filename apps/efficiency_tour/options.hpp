#pragma once

#include <cstddef>
#include <string>

struct Options {
  std::size_t largest_bytes = std::size_t{256} << 20;  ///< largest matrix
  int turns = 5;                                       ///< in which each way runs; see measure()
  bool help = false;
};

/// throws  WrongUse: an unknown flag, a value that cannot be.
Options read_options(int argc, char** argv);

std::string help_text();
