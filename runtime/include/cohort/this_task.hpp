#pragma once

#include <cstddef>
#include <string>

/// What a running task can ask about itself. Each throws UsageError when called outside a task.
namespace cohort::this_task {

/// The rank it runs on; 0 in local mode.
int rank();
/// Which attempt this is, counted from 0.
int attempt();
/// TaskOptions::label.
const std::string& label();
/// Whether somebody has cancelled it: a long task should look now and then, and return.
bool stop_requested();

}  // namespace cohort::this_task

namespace cohort::detail {

/// The exception that is about to leave the running task is about this element of a range (TaskError::element).
void note_failed_element(std::size_t index);

}  // namespace cohort::detail
