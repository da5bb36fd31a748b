#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/core.hpp"
#include "cohort/client.hpp"
#include "session/closing.hpp"

namespace cohort::session {

using Body = std::function<int(Client&)>;

/// std::exit was called: what to say if that was in a task.
std::optional<std::string> exit_in_task(int code);

/// How the body ended, and all that was submitted in it.
struct BodyEnd {
  int code = 0;
  /// An exception has left the body, or the time is up: tasks may still run, and are not waited for.
  bool at_once = false;
};

/// What is said where the run leaves with kTimeIsUp, and how to go on.
std::string describe_left(const detail::Core::Left& left);

/// For a report: the job, and how much time there is. Empty where there is neither.
std::string describe_job(const TimeLimit& limit, base::Time now);

/// Calls the body and waits for all tasks; an exception that leaves it is printed and gives 1, or kTimeIsUp if it is
/// TimeLimitReached. Does not return if `leaving` has become true meanwhile: another thread has called std::exit, which
/// ends the process.
BodyEnd call_body(const Body& body, const std::shared_ptr<detail::Core>& core, const std::atomic<bool>& leaving);

}  // namespace cohort::session
