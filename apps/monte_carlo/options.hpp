#pragma once

#include <string>

#include "call_option.hpp"

struct Options {
  Sampling sampling;
  CallOption option;
  bool help = false;
};

/// throws  WrongUse: an unknown flag, a value that cannot be.
Options read_options(int argc, char** argv);

std::string help_text();
