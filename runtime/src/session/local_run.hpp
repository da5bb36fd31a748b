#pragma once

#include <functional>

#include "session/body.hpp"
#include "session/closing.hpp"
#include "session/sampling.hpp"
#include "session/settings.hpp"

namespace cohort::session {

/// A run on threads of this process alone. Returns the exit code. `before_exit` is called when the body calls
/// std::exit.
int run_locally(
    const Settings& settings, const TimeLimit& limit, const Sampling& sampling, const Body& body,
    std::function<void()> before_exit = [] {});

}  // namespace cohort::session
