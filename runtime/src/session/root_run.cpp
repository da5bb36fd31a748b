#include "session/root_run.hpp"

#include <signal.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "session/clock.hpp"
#include "session/local_session.hpp"

namespace cohort::session {

namespace {

using namespace std::chrono_literals;
using transport::MpiWorld;

/// Ranks that have not said hello by then are taken for stuck.
constexpr base::Time kStartLimit = 2min;
/// How long ranks are waited for that were told to leave; after a signal there is no time to lose.
constexpr base::Time kStopLimit = 10s;
constexpr base::Time kSignalLimit = 200ms;

}  // namespace

RootRun::RootRun(const Settings& settings, const Launch& launch, const TimeLimit& limit, const Sampling& sampling,
                 MpiWorld& world, std::shared_ptr<base::ModuleTable> modules)
    : RankRun(settings, launch, world, std::move(modules)),
      clock_(clock()),
      limit_(limit.on_clock_ahead(clock_() - steady_now())),
      closing_(limit_),
      sampling_(sampling) {}

int RootRun::run(const Body& body) {
  try {
    return lead(body);
  } catch (const UsageErrorOfAll&) {
    throw;
  } catch (const std::exception& error) {
    broken(error.what());  // here: rank 0's own worker would wait for an end that nobody tells it of
  }
}

int RootRun::lead(const Body& body) {
  if (one_thread_ && !settings_.one_thread) {
    say("cohort: MPI allows calls from one thread only: each rank runs on one thread, and makes progress between tasks "
        "and inside client calls");
  }
  start_up();
  detail::CoreOptions options;
  options.host = world_.host();
  options.rank_of = [size = world_.size()](detail::Address member) { return member == size ? 0 : member; };
  options.one_thread = one_thread_;
  options.backoff = backoff_;
  options.clock = clock_;
  options.closes_at = limit_.closes_at();
  options.scheduler.latest_end = limit_.waits_end();
  options.sample = sampling_.plan(clock_() - steady_now());
  options.chunk_elements = static_cast<std::size_t>(settings_.chunk_elements);
  options.watch = [this] { watch(); };
  options.broken = [this](const std::string& text) { broken(text); };
  core_ = std::make_shared<detail::Core>(*endpoint_, bell_, modules_, std::move(options));
  if (root_endpoint_) begin_root_worker();
  try {
    core_->start(kStartLimit, [this](int rank, const detail::WorkerInfo& worker) { check(rank, worker); });
  } catch (const UsageError& error) {
    if (!checks_only()) say(std::string("cohort: ") + error.what());
    return end(checks_only() ? report(error.what()) : 2, true);
  } catch (const TimedOut& error) {
    broken(error.what());
  }
  if (checks_only()) return end(report(""), false);
  look_for_signals();
  BodyEnd ended = call_body(body, core_, leaving_);
  if (sampling_.is_asked_for()) core_->end_sample();
  if (!ended.at_once && print_unseen(core_->unseen_failures()) > 0 && ended.code == 0) ended.code = 1;
  return end(ended.code, ended.at_once);
}

void RootRun::begin_root_worker() {
  worker::WorkerOptions options;
  options.slots = start_->root_slots();
  options.site = {0, world_.host()};
  options.backoff = backoff_;
  options.clock = steady_now;
  options.watch = [this] {
    if (report_requested_.exchange(false)) say(root_worker_->worker().report());
  };
  options.broken = [this](const std::string& text) { broken(text); };
  options.begin_slot = [this](std::size_t slot) { start_->begin_slot(slot); };
  options.begin_other = [this] { start_->unbind(); };
  options.report_requested = [this] { report_requested_ = true; };
  root_worker_ =
      std::make_unique<RootWorker>(std::move(root_endpoint_), std::move(root_bell_), *modules_, std::move(options));
}

void RootRun::check(int rank, const detail::WorkerInfo& worker) const {
  const std::string who = "rank " + std::to_string(rank) + " on " + worker.host;
  if (const auto difference = base::difference(modules_->comparable(), worker.modules, who))
    throw UsageError(*difference);
}

int RootRun::report(const std::string& difference) {
  Check same{"all ranks run the same program", {}, true};
  if (!difference.empty()) same.faults.push_back(difference);
  start_->checks().insert(start_->checks().begin(), std::move(same));
  return report_checks(start_->checks());
}

int RootRun::end(int code, bool now) {
  if (leaving_.exchange(true)) ::pause();  // std::exit on another thread
  stop(code, now, false);
  return code;
}

void RootRun::stop(int code, bool now, bool process_ends) {
  flush_output();
  const bool all_left = core_->stop_workers(code, now, kStopLimit);
  if (!sampled_.exchange(true)) write_sample();
  core_->close();
  const bool task_goes_on = root_worker_ && !root_worker_->join();
  // Where the first rank to end does so with an error, mpirun signals the others: nothing to speak of.
  if (signals_) signals_->end_at_once(code == 0, code);
  if (!now) return finalize();
  if (!all_left) world_.abort(code == 0 ? 1 : code);
  // That task's worker stays as it is, until the process is gone.
  [[maybe_unused]] const RootWorker* const stays = task_goes_on ? root_worker_.release() : nullptr;
  finalize_now(code, process_ends || task_goes_on);
  if (task_goes_on) leave(code);
}

void RootRun::watch() {
  // mpirun signals this rank once the first worker has left.
  if (leaves_sampled_) return;
  const bool told_to_close = signals_ && look_at_signals();
  if (leaving_) return;
  if (core_->sample_is_over()) return leave_sampled();
  close_in_time(told_to_close);
}

void RootRun::leave_sampled() {
  if (one_thread_) {
    // This thread is inside a wait: what the workers would say of their memory does not come in any more.
    if (!sampled_.exchange(true)) write_sample();
    core_->stop_workers(without_finalize(kSampled), true, kSignalLimit);
    leave(kSampled);
  }
  if (leaving_.exchange(true)) return;
  leaves_sampled_ = true;
  // Not here: whoever drives may need this thread.
  std::thread([this] {
    flush_output();
    core_->stop_workers(without_finalize(kSampled), true, kStopLimit);
    if (!sampled_.exchange(true)) write_sample();
    leave(kSampled);
  }).detach();
}

void RootRun::write_sample() {
  if (sampling_.is_asked_for()) sampling_.write(*core_, world_.host());
}

bool RootRun::look_at_signals() {
  if (const int signal = signals_->take_end()) leave_all(128 + signal, "ended by " + signal_name(signal));
  if (signals_->take_report()) say(describe_job(limit_, clock_()) + core_->report());
  bool told_to_close = signals_->take_closing();
  while (const auto alarm = core_->take_alarm()) {
    if (alarm->signal == SIGUSR1) {
      told_to_close = true;
      continue;
    }
    if (alarm->signal != 0) leave_all(128 + alarm->signal, "ended by " + signal_name(alarm->signal));
    leave_all(1, alarm->text);
  }
  return told_to_close;
}

void RootRun::close_in_time(bool told_to_close) {
  // On a simulated cluster looking at the clock costs time.
  if (!limit_.exists() && !told_to_close) return;
  switch (closing_.look(clock_(), told_to_close)) {
    case Closing::Step::nothing:
      return;
    case Closing::Step::close:
      return core_->begin_closing(closing_.latest_end(), closing_.waits_end());
    case Closing::Step::leave:
      print_unseen(core_->unseen_failures());
      leave_all(kTimeIsUp, describe_left(core_->left()));
  }
}

void RootRun::leave_all(int code, const std::string& text) {
  say("cohort: " + text);
  core_->stop_workers(without_finalize(code), true, kSignalLimit);
  leave(code);
}

void RootRun::on_exit(int code) {
  if (!core_) return;
  if (leaves_sampled_) ::pause();
  if (const auto text = exit_in_task(code)) leave_all(1, *text);
  if (leaving_.exchange(true)) return;
  stop(code, true, true);
}

}  // namespace cohort::session
