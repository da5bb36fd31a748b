#pragma once

#include <string>

#include "options.hpp"

/// "Adjust between threads and processes": for each of adjustable_tasks(), what cohort-run --tune measures with one
/// process, with as many as there are cores, and which way it picks. Starts `program` many times, which takes about ten
/// seconds for each kind of task. Prints a table; returns what was seen, in a sentence or two.
///
/// throws  std::runtime_error: cohort-run cannot be started, or has failed; its own words are on standard error by
/// then.
std::string tour_adjust(const Options& options, const std::string& program);
