#pragma once

#include "session/body.hpp"
#include "session/launch.hpp"
#include "session/settings.hpp"

namespace cohort::session {

/// A run over MPI's ranks, or on threads if there is only one. Returns the exit code, on every rank.
int run_over_mpi(const Settings& settings, const Launch& launch, const Body& body);

}  // namespace cohort::session
