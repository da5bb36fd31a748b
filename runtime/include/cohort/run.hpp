#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "cohort/client.hpp"
#include "cohort/types.hpp"

namespace cohort {

namespace detail {

int run(int& argc, char**& argv, const std::function<int(Client&)>& body);

}  // namespace detail

/// Starts the runtime, runs `body(client)` on rank 0 while all other ranks serve it, and returns the exit code, on
/// every rank.
///
/// Takes its own flags (--cohort-…) out of argc/argv. `body` returns int or void (0). When it returns, all submitted
/// tasks are waited for; an exception that leaves it is printed, gives 1, and nothing is waited for. A failed task at
/// which nobody looked is printed and makes 0 into 1. Started by no launcher, it runs on threads in this process alone,
/// without MPI. Where MPI was initialized already, it is used and not finalized. May be called again after it has
/// returned only where MPI was initialized by the program, or in local mode.
///
/// Where its time ends first (`--cohort-time-limit`, the end of the Slurm job, SIGUSR1), nothing is started that would
/// not end in time, calls that wait throw TimeLimitReached, and 0 becomes 85.
template <class Body>
  requires std::is_invocable_v<Body&, Client&>
int run(int& argc, char**& argv, Body body) {
  return detail::run(argc, argv, [&body](Client& client) -> int {
    if constexpr (std::is_void_v<std::invoke_result_t<Body&, Client&>>) {
      body(client);
      return 0;
    } else {
      return static_cast<int>(body(client));
    }
  });
}

/// A client inside this process alone: threads, no MPI. Failures nobody looked at are printed when it ends, which waits
/// for all submitted tasks; while an exception passes, only for those that run.
/// throws  UsageError: threads < 0.
Client local(LocalOptions options = {});

}  // namespace cohort
