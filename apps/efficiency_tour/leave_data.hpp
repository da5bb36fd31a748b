#pragma once

#include <cohort/cohort.hpp>
#include <string>

#include "options.hpp"

/// "Leave data on the cluster": the shape of a matrix that a worker made, by bringing the matrix here and by asking
/// where it lies, for growing matrices. Prints a table; returns what was seen, in a sentence or two.
std::string tour_leave_data(cohort::Client& client, const Options& options);
