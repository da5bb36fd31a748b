#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/core.hpp"
#include "cohort/client.hpp"

namespace cohort::session {

using Body = std::function<int(Client&)>;

/// std::exit was called: what to say if that was in a task.
std::optional<std::string> exit_in_task(int code);

/// How the body ended.
struct BodyEnd {
  int code = 0;
  bool by_exception = false;
};

/// Calls the body; an exception that leaves it is printed and gives 1. Does not return if `leaving` has become true
/// meanwhile: another thread has called std::exit, which ends the process.
BodyEnd call_body(const Body& body, const std::shared_ptr<detail::Core>& core, const std::atomic<bool>& leaving);

}  // namespace cohort::session
