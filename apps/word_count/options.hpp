#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

struct Options {
  std::vector<std::filesystem::path> paths;
  std::size_t top_count = 20;
  bool help = false;
};

/// throws  WrongUse: an unknown flag, a value that cannot be.
Options read_options(int argc, char** argv);

std::string help_text();
