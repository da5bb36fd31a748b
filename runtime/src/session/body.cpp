#include "session/body.hpp"

#include <unistd.h>

#include <algorithm>

#include "session/allocation.hpp"
#include "session/duration.hpp"
#include "session/host_name.hpp"
#include "session/local_session.hpp"
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

std::string describe_left(const detail::Core::Left& left) {
  std::string text =
      "the time is up, and " + std::to_string(left.tasks) + (left.tasks == 1 ? " task is" : " tasks are") + " left";
  if (left.collections > 0) text += " and further ones that were not submitted yet";
  text += "; exit code " + std::to_string(kTimeIsUp) + ": start it again to go on";
  if (const auto allocation = read_allocation()) text += ", in Slurm with `scontrol requeue " + allocation->job + "`";
  return text;
}

std::string describe_job(const TimeLimit& limit, base::Time now) {
  std::string text;
  if (const auto allocation = read_allocation()) text += "cohort: " + describe(*allocation) + "\n";
  if (limit.exists()) {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(std::max(limit.end() - now, base::Time::zero()));
    text += "cohort: the time limit is in " + describe_duration(left) + "\n";
  }
  return text;
}

BodyEnd call_body(const Body& body, const std::shared_ptr<detail::Core>& core, const std::atomic<bool>& leaving) {
  const auto wait_if_leaving = [&leaving] {
    while (leaving) ::pause();
  };
  int code = 0;
  try {
    Client client(core);
    code = body(client);
    wait_if_leaving();
    core->finish();
    // A body that has caught TimeLimitReached may have cancelled the rest.
    if (!core->left().cut_short) return {code, false};
  } catch (const TimeLimitReached&) {
    wait_if_leaving();
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
  print_unseen(core->unseen_failures());
  say("cohort: " + describe_left(core->left()));
  return {code == 0 ? kTimeIsUp : code, true};
}

}  // namespace cohort::session
