#include "session/mpi_run.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/module_table.hpp"
#include "session/clock.hpp"
#include "session/local_run.hpp"
#include "session/local_session.hpp"
#include "session/root_worker.hpp"
#include "session/signals.hpp"
#include "session/start_up.hpp"
#include "transport/mpi_world.hpp"
#include "worker/worker.hpp"

namespace cohort::session {

namespace {

using namespace std::chrono_literals;
using transport::MpiWorld;
using transport::ThreadLevel;

/// Ranks that have not said hello by then are taken for stuck.
constexpr base::Time kStartLimit = 2min;
/// How long ranks are waited for that were told to leave; after a signal there is no time to lose.
constexpr base::Time kStopLimit = 10s;
constexpr base::Time kSignalLimit = 200ms;
/// How long MPI may take to end where the run is broken off.
constexpr base::Time kFinalizeLimit = 5s;
/// A worker that was signalled leaves by itself if rank 0 has not told it to by then.
constexpr base::Time kAlarmLimit = 300ms;

/// On a simulated cluster every look costs simulated time, and a pause that does not sleep costs real time only.
constexpr base::Backoff::Limits kSimulatedBackoff{.spins = 8, .yields = 0, .bell_may_ring = false};

/// Who waits should not take the CPU from one that works, where there are more of these than CPUs. One rank of a node
/// is left out: rank 0, or the one that waits.
base::Backoff::Limits backoff_on(const MpiWorld& world) {
  base::Backoff::Limits limits;
  if (world.node_size() - 1 > sysconf(_SC_NPROCESSORS_ONLN)) limits.spins = 16;
  return limits;
}

/// What the workers are told instead of `code` where rank 0 leaves without MPI_Finalize: they must too, for it would
/// wait.
constexpr int kWithoutFinalize = 1 << 30;
int without_finalize(int code) { return kWithoutFinalize | (code & 0xff); }
bool is_without_finalize(int code) { return (code & ~0xff) == kWithoutFinalize; }

/// Calls `action`; ends the process with `code` if that takes longer than `limit`.
template <class Action>
void call_bounded(base::Time limit, int code, Action action) {
  struct Ended {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_so = false;
  };
  const auto ended = std::make_shared<Ended>();
  std::thread([ended, limit, code] {
    std::unique_lock lock(ended->mutex);
    if (!ended->changed.wait_for(lock, limit, [&] { return ended->is_so; })) leave(code);
  }).detach();
  action();
  {
    const std::lock_guard lock(ended->mutex);
    ended->is_so = true;
  }
  ended->changed.notify_one();
}

/// Ends all ranks: they wait for this one, and MPI_Finalize would wait for them.
[[noreturn]] void give_up(const MpiWorld& world, const std::string& text) {
  say("cohort: rank " + std::to_string(world.rank()) + " on " + world.host() + " cannot go on: " + text);
  world.abort(1);
}

StartTalk talk_of(MpiWorld& world, bool one_thread) {
  return {.rank = world.rank(),
          .host = world.host(),
          .one_thread = one_thread,
          .many_threads = world.thread_level() >= ThreadLevel::multiple,
          .all_gather = [&world](std::string_view text) { return world.all_gather(text); },
          .round_trips = [&world] { return world.round_trips(); }};
}

/// What rank 0 and the workers have in common.
class MpiRun : public ProcessEvents {
 public:
  MpiRun(const Settings& settings, const Launch& launch, MpiWorld& world, std::shared_ptr<base::ModuleTable> modules)
      : settings_(settings),
        world_(world),
        modules_(std::move(modules)),
        simulated_(launch.simulated),
        backoff_(simulated_ ? kSimulatedBackoff : backoff_on(world)),
        one_thread_(settings.one_thread || world.thread_level() < ThreadLevel::serialized),
        endpoint_(world.make_endpoint()) {
    // On a simulated cluster all ranks are one process, whose signals are not ours.
    if (!simulated_) signals_.emplace(*this, world.rank() == 0);
  }

 protected:
  /// All ranks do so together, except on a simulated cluster: all are alike there, and to ask each other takes hours.
  void start_up() {
    if (simulated_) return;
    start_.emplace(settings_, talk_of(world_, one_thread_ && !settings_.one_thread));
    if (start_->root_slots() == 0) return;
    auto members = join_root_worker(std::move(endpoint_), world_.make_endpoint(), bell_, *root_bell_);
    endpoint_ = std::move(members.mine);
    root_endpoint_ = std::move(members.worker);
  }
  std::function<base::Time()> clock() const {
    if (!one_thread_) return steady_now;
    // On a simulated cluster MPI's clock is the one that counts.
    return [this] { return base::Time(static_cast<base::Time::rep>(world_.wtime() * 1e9)); };
  }
  [[noreturn]] void broken(const std::string& text) { give_up(world_, text); }
  /// All ranks do so together.
  void finalize() {
    endpoint_.reset();
    root_worker_.reset();
    world_.finalize();
  }
  /// The same where the process is about to end, or the run was broken off.
  void finalize_now(int code, bool process_ends) {
    const auto action = [&] {
      endpoint_.reset();
      root_worker_.reset();
      process_ends ? world_.finalize_for_process() : world_.finalize();
    };
    if (one_thread_)
      action();
    else
      call_bounded(kFinalizeLimit, code, action);
  }
  /// Somebody looks for signals, unless one thread must do everything.
  void look_for_signals() {
    if (signals_ && !one_thread_) signals_->only_note();
  }

  const Settings& settings_;
  MpiWorld& world_;
  const std::shared_ptr<base::ModuleTable> modules_;
  const bool simulated_;
  const base::Backoff::Limits backoff_;
  const bool one_thread_;
  base::Doorbell bell_;
  std::unique_ptr<transport::Endpoint> endpoint_;
  /// Of rank 0's own worker, if it has one.
  std::unique_ptr<base::Doorbell> root_bell_ = std::make_unique<base::Doorbell>();
  std::unique_ptr<transport::Endpoint> root_endpoint_;
  std::optional<SignalWatch> signals_;
  std::optional<StartUp> start_;
  std::unique_ptr<RootWorker> root_worker_;
};

class RootRun final : public MpiRun {
 public:
  RootRun(const Settings& settings, const Launch& launch, const TimeLimit& limit, const Sampling& sampling,
          MpiWorld& world, std::shared_ptr<base::ModuleTable> modules)
      : MpiRun(settings, launch, world, std::move(modules)),
        clock_(clock()),
        limit_(limit.on_clock_ahead(clock_() - steady_now())),
        closing_(limit_),
        sampling_(sampling) {}

  int run(const Body& body) {
    try {
      return lead(body);
    } catch (const UsageErrorOfAll&) {
      throw;
    } catch (const std::exception& error) {
      broken(error.what());  // here: rank 0's own worker would wait for an end that nobody tells it of
    }
  }

 private:
  int lead(const Body& body) {
    if (one_thread_ && !settings_.one_thread) {
      say("cohort: MPI allows calls from one thread only: each rank runs on one thread, and makes progress between "
          "tasks "
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

  void begin_root_worker() {
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

  /// Throws UsageError if the worker cannot take part.
  void check(int rank, const detail::WorkerInfo& worker) const {
    const std::string who = "rank " + std::to_string(rank) + " on " + worker.host;
    if (const auto difference = base::difference(modules_->comparable(), worker.modules, who))
      throw UsageError(*difference);
  }

  bool checks_only() const { return start_ && start_->is_doctors(); }
  /// `difference`: of the programs of two ranks, if there is one.
  int report(const std::string& difference) {
    Check same{"all ranks run the same program", {}, true};
    if (!difference.empty()) same.faults.push_back(difference);
    start_->checks().insert(start_->checks().begin(), std::move(same));
    return report_checks(start_->checks());
  }

  int end(int code, bool now) {
    if (leaving_.exchange(true)) ::pause();  // std::exit on another thread
    stop(code, now, false);
    return code;
  }

  void stop(int code, bool now, bool process_ends) {
    flush_output();
    const bool all_left = core_->stop_workers(code, now, kStopLimit);
    if (!sampled_.exchange(true)) write_sample();
    core_->close();
    const bool task_goes_on = root_worker_ && !root_worker_->join();
    // Where the first rank to end does so with an error, mpirun signals the others: nothing to speak of.
    if (signals_) signals_->end_at_once(code == 0);
    if (!now) return finalize();
    if (!all_left) world_.abort(code == 0 ? 1 : code);
    // That task's worker stays as it is, until the process is gone.
    if (task_goes_on) static_cast<void>(root_worker_.release());
    finalize_now(code, process_ends || task_goes_on);
    if (task_goes_on) leave(code);
  }

  void watch() {
    const bool told_to_close = signals_ && look_at_signals();
    if (leaving_) return;
    if (core_->sample_is_over()) return leave_sampled();
    close_in_time(told_to_close);
  }

  /// The body does not notice. The sample is written before the first rank has ended, after which mpirun ends all.
  void leave_sampled() {
    if (one_thread_) {
      // This thread is inside a wait: what the workers would say of their memory does not come in any more.
      if (!sampled_.exchange(true)) write_sample();
      core_->stop_workers(without_finalize(kSampled), true, kSignalLimit);
      leave(kSampled);
    }
    if (leaving_.exchange(true)) return;
    // Not here: the helper thread, which is waited for.
    std::thread([this] {
      stop(kSampled, true, true);
      leave(kSampled);
    }).detach();
  }

  void write_sample() {
    if (sampling_.is_asked_for()) sampling_.write(*core_, world_.host());
  }

  /// Those of this rank, and those that workers have told of. Whether one says that nothing is to be started any more.
  bool look_at_signals() {
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

  void close_in_time(bool told_to_close) {
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

  [[noreturn]] void leave_all(int code, const std::string& text) {
    say("cohort: " + text);
    core_->stop_workers(without_finalize(code), true, kSignalLimit);
    leave(code);
  }

  /// The body called std::exit: all leave, in order if no task is in the way.
  void on_exit(int code) override {
    if (!core_) return;
    if (const auto text = exit_in_task(code)) leave_all(1, *text);
    if (leaving_.exchange(true)) return;
    stop(code, true, true);
  }

  const std::function<base::Time()> clock_;
  const TimeLimit limit_;
  Closing closing_;
  const Sampling& sampling_;
  std::atomic<bool> sampled_ = false;  ///< it is written, or will be by who has set this
  std::shared_ptr<detail::Core> core_;
  std::atomic<bool> leaving_ = false;
  std::atomic<bool> report_requested_ = false;  ///< of rank 0's own worker
};

class WorkerRun final : public MpiRun {
 public:
  using MpiRun::MpiRun;

  int run() {
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
    if (signals_) signals_->end_at_once(false);
    finalize();
    return code;
  }

 private:
  /// Rank 0 speaks for all, and tells all to leave; only if it does not answer this rank goes alone.
  void watch() {
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

  /// A task called std::exit: rank 0 says so and ends the run; only if it does not answer this rank does.
  void on_exit(int code) override {
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

  std::optional<worker::Worker> worker_;
  std::atomic<bool> report_requested_ = false;
  std::atomic<bool> ended_ = false;
  int signal_ = 0;
  base::Time leave_at_{};
};

}  // namespace

int run_over_mpi(const Settings& settings, const Launch& launch, const TimeLimit& limit, const Sampling& sampling,
                 const Body& body) {
  if (launch.size == 1) return run_locally(settings, limit, sampling, body);
  const ThreadLevel level = settings.one_thread          ? ThreadLevel::funneled
                            : settings.rank0_threads > 0 ? ThreadLevel::multiple
                                                         : ThreadLevel::serialized;
  std::optional<MpiWorld> world;
  // If the environment does not tell, MPI has to.
  if (!launch.rank) world.emplace(level);
  const bool leads = launch.rank.value_or(world ? world->rank() : 0) == 0;
  // Before MPI_Init where possible, which loads modules that may differ from node to node.
  const std::shared_ptr<base::ModuleTable> modules(
      new base::ModuleTable(leads ? base::ModuleTable::leader() : base::ModuleTable::worker()));
  if (!world) world.emplace(level);
  check_launch(launch, world->size());
  if (world->size() == 1) {
    const int code = run_locally(settings, limit, sampling, body, [&world] { world->finalize_for_process(); });
    world->finalize();
    return code;
  }
  try {
    return world->rank() == 0 ? RootRun(settings, launch, limit, sampling, *world, modules).run(body)
                              : WorkerRun(settings, launch, *world, modules).run();
  } catch (const UsageErrorOfAll&) {
    throw;
  } catch (const std::exception& error) {
    give_up(*world, error.what());
  }
}

}  // namespace cohort::session
