#pragma once

#include "session/body.hpp"
#include "session/closing.hpp"
#include "session/launch.hpp"
#include "session/sampling.hpp"
#include "session/settings.hpp"

namespace cohort::session {

/// A run over MPI's ranks, or on threads if there is only one. Returns the exit code, on every rank. `limit`: that of
/// rank 0 counts.
int run_over_mpi(const Settings& settings, const Launch& launch, const TimeLimit& limit, const Sampling& sampling,
                 const Body& body);

}  // namespace cohort::session
