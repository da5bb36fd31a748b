#pragma once

#include "estimate.hpp"

/// From how many points of the unit square lie within a distance of 1 from its corner.
Estimate estimate_pi(cohort::Client& client, const Sampling& sampling);
