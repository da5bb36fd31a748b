#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lloyd.hpp"

struct Options {
  std::optional<std::filesystem::path> input;  ///< without: the points are generated
  long points = 0;                             ///< to generate
  std::size_t dimensions = 0;                  ///< of those
  std::size_t clusters = 0;
  std::uint64_t seed = 0;
  StopRule stop;
  std::size_t chunk_items = 0;  ///< 0: from the number of points
  bool check = false;
  bool help = false;
};

/// throws  WrongUse: an unknown flag, a value that cannot be.
Options read_options(int argc, char** argv);

std::string help_text();
