#pragma once

namespace cohort::session {

/// Tells libraries that tasks may use (OpenMP, BLAS) to start no threads of their own: slots use the CPUs already. By
/// the environment, each variable unless the user has set it, and by their own functions if they are loaded, since they
/// have read the environment then. Before the process has threads.
void limit_task_threads();

/// The same for the calling thread, which is a slot's: OpenMP keeps the number for each thread.
void limit_task_threads_here();

}  // namespace cohort::session
