#pragma once

#include <stdexcept>
#include <string>

#include "call_option.hpp"

/// What the user typed cannot be; the text says why.
struct WrongUse : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  Sampling sampling;
  CallOption option;
  bool help = false;
};

/// throws  WrongUse: an unknown flag, a value that cannot be.
Options read_options(int argc, char** argv);

std::string help_text();
