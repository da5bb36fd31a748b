#pragma once

#include <cohort/cohort.hpp>
#include <string>

#include "options.hpp"

/// "Don't go distributed when one machine will do": the same work as a plain loop, as tasks on the threads of this
/// process and as tasks over ranks, for growing tasks. Prints a table; returns what was seen, in a sentence or two.
/// Without `over_ranks` (no ranks but this one) the last way is left out.
std::string tour_dont_distribute(cohort::Client& client, bool over_ranks, const Options& options);
