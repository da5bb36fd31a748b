#include "worker/running_task.hpp"

#include <utility>

#include "cohort/this_task.hpp"

namespace cohort {

namespace worker {

namespace {

thread_local const RunningTask* running = nullptr;

}  // namespace

ThisTask::ThisTask(const RunningTask& task) : outer_(std::exchange(running, &task)) {}

ThisTask::~ThisTask() { running = outer_; }

const RunningTask* running_here() { return running; }

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

}  // namespace cohort
