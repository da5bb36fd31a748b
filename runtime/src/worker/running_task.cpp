#include "worker/running_task.hpp"

#include <utility>

#include "cohort/this_task.hpp"

namespace cohort {

namespace worker {

namespace {

thread_local RunningTask* innermost = nullptr;

}  // namespace

ThisTask::ThisTask(RunningTask& task) : outer_(std::exchange(innermost, &task)) {}

ThisTask::~ThisTask() { innermost = outer_; }

RunningTask* running_here() { return innermost; }

}  // namespace worker

namespace this_task {

namespace {

const worker::RunningTask& here() {
  if (const worker::RunningTask* task = worker::running_here()) return *task;
  throw UsageError(
      "this_task was asked outside a task: call it in a function that was submitted, on the thread it was called on");
}

}  // namespace

int rank() { return here().rank; }
int attempt() { return here().attempt; }
const std::string& label() { return here().label; }
bool stop_requested() { return here().stop_requested.load(std::memory_order_relaxed); }

}  // namespace this_task

namespace detail {

void note_failed_element(std::size_t index) {
  if (worker::RunningTask* task = worker::running_here()) task->failed_element = index;
}

}  // namespace detail

}  // namespace cohort
