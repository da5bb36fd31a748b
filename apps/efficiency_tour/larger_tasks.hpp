#pragma once

#include <cohort/cohort.hpp>
#include <string>

#include "options.hpp"

/// "Use larger tasks": the same work as a plain loop, as one task for each element, in chunks made by hand and in
/// chunks that map chooses, for growing elements. Prints a table; returns what was seen, in a sentence or two.
std::string tour_larger_tasks(cohort::Client& client, const Options& options);
