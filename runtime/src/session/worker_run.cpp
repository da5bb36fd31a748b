#include "session/worker_run.hpp"

#include <signal.h>

#include <thread>
#include <utility>

#include "session/body.hpp"
#include "session/clock.hpp"

namespace cohort::session {

namespace {

/// A worker that was signalled leaves by itself if rank 0 has not told it to by then.
constexpr base::Time kAlarmLimit = std::chrono::milliseconds(300);

}  // namespace

int WorkerRun::run() {
  start_up();
  worker::WorkerOptions options;
  options.slots = one_thread_ || !start_ ? 1 : start_->slots();
  if (start_) {
    options.begin_slot = [this](std::size_t slot) { start_->begin_slot(slot); };
    options.begin_other = [this] { start_->unbind(); };
  }
  options.site = {world_.rank(), world_.host()};
  options.one_thread = one_thread_;
  options.backoff = backoff_;
  options.clock = clock();
  options.watch = [this] { watch(); };
  options.broken = [this](const std::string& text) { broken(text); };
  options.report_requested = [this] { report_requested_ = true; };
  options.leave_now = [this](int code) {
    if (is_without_finalize(code)) leave(code & 0xff);
    finalize_now(code, true);
    leave(code);
  };
  worker_.emplace(*endpoint_, bell_, *modules_, std::move(options));
  look_for_signals();
  const int code = worker_->run();
  ended_ = true;
  if (start_) start_->unbind();
  if (is_without_finalize(code)) leave(code & 0xff);
  if (signals_) signals_->end_at_once(false, code);
  finalize();
  return code;
}

void WorkerRun::watch() {
  if (!signals_) return;
  if (const int signal = signals_->take_end()) {
    signal_ = signal;
    leave_at_ = steady_now() + kAlarmLimit;
    worker_->alarm(signal, "");
  }
  if (signal_ != 0 && steady_now() > leave_at_) leave(128 + signal_);
  if (signals_->take_closing()) worker_->alarm(SIGUSR1, "");
  if (signals_->take_report() || report_requested_.exchange(false)) say(worker_->report());
}

void WorkerRun::on_exit(int code) {
  if (ended_ || !worker_) return;
  const std::string text =
      exit_in_task(code).value_or("a thread on rank " + std::to_string(world_.rank()) + " (" + world_.host() +
                                  ") called exit(" + std::to_string(code) + "): the run ends");
  if (one_thread_) {
    worker_->alarm(0, text);
  } else {
    // The thread that is here may hold the worker's lock.
    std::thread([this, text] { worker_->alarm(0, text); }).detach();
  }
  std::this_thread::sleep_for(kAlarmLimit);
  say("cohort: " + text);
  leave(1);
}

}  // namespace cohort::session
