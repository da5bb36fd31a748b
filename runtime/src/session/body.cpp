#include "session/body.hpp"

#include <unistd.h>

#include "session/host_name.hpp"
#include "session/signals.hpp"
#include "wire/error_codec.hpp"
#include "worker/running_task.hpp"

namespace cohort::session {

std::optional<std::string> exit_in_task(int code) {
  const worker::RunningTask* task = worker::running_here();
  if (task == nullptr) return std::nullopt;
  return "task " + (task->label.empty() ? std::string() : "'" + task->label + "' ") + "on rank " +
         std::to_string(task->rank) + " (" + host_name() + ") called exit(" + std::to_string(code) + "): the run ends";
}

BodyEnd call_body(const Body& body, const std::shared_ptr<detail::Core>& core, const std::atomic<bool>& leaving) {
  const auto wait_if_leaving = [&leaving] {
    while (leaving) ::pause();
  };
  try {
    Client client(core);
    const BodyEnd end{body(client), false};
    wait_if_leaving();
    return end;
  } catch (...) {
    wait_if_leaving();
    const wire::Failure failure = wire::describe(std::current_exception());
    // A task's failure that nobody caught says where it happened; anything else is the body's own.
    if (failure.host.empty()) {
      say("cohort: the program ended with " + failure.type_name + ": " + failure.message);
    } else {
      say("cohort: the program ended with the failure of a task: " + wire::explain(failure));
    }
    return {1, true};
  }
}

}  // namespace cohort::session
