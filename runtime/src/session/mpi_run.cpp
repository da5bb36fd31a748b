#include "session/mpi_run.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "base/module_table.hpp"
#include "session/clock.hpp"
#include "session/cpus.hpp"
#include "session/host_name.hpp"
#include "session/local_run.hpp"
#include "session/local_session.hpp"
#include "session/signals.hpp"
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

/// "host;threads;cpu,cpu,…", as the ranks tell each other.
std::string describe_rank(const std::string& host, int threads, const CpuSet& cpus) {
  std::string text = host + ";" + std::to_string(threads) + ";";
  for (const int cpu : cpus) text += std::to_string(cpu) + ",";
  return text;
}

/// Slots of this rank: what it was told, or else what rank 0 was told (mpirun does not pass the environment on to other
/// nodes), or else its node's CPUs divided among the node's workers. Rank 0 runs no tasks and takes no part.
int slots_of(const MpiWorld& world, const Settings& settings) {
  const std::vector<std::string> all = world.all_gather(describe_rank(world.host(), settings.threads, bound_cpus()));
  if (settings.threads > 0 || world.rank() == 0) return std::max(settings.threads, 1);
  std::vector<CpuSet> node;
  std::size_t mine = 0;
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    std::istringstream text(all[rank]);
    std::string host;
    std::string threads;
    std::getline(text, host, ';');
    std::getline(text, threads, ';');
    if (rank == 0 && threads != "0") return std::stoi(threads);
    if (rank == 0 || host != world.host()) continue;
    if (static_cast<int>(rank) == world.rank()) mine = node.size();
    CpuSet& cpus = node.emplace_back();
    for (std::string cpu; std::getline(text, cpu, ',');) cpus.push_back(std::stoi(cpu));
  }
  return default_threads(node, mine, cpu_quota());
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
  std::function<base::Time()> clock() const {
    if (!one_thread_) return steady_now;
    // On a simulated cluster MPI's clock is the one that counts.
    return [this] { return base::Time(static_cast<base::Time::rep>(world_.wtime() * 1e9)); };
  }
  [[noreturn]] void broken(const std::string& text) { give_up(world_, text); }
  /// All ranks do so together.
  void finalize() {
    endpoint_.reset();
    world_.finalize();
  }
  /// The same where the process is about to end, or the run was broken off.
  void finalize_now(int code, bool process_ends) {
    const auto action = [&] {
      endpoint_.reset();
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
  std::optional<SignalWatch> signals_;
};

class RootRun final : public MpiRun {
 public:
  RootRun(const Settings& settings, const Launch& launch, const TimeLimit& limit, MpiWorld& world,
          std::shared_ptr<base::ModuleTable> modules)
      : MpiRun(settings, launch, world, std::move(modules)),
        clock_(clock()),
        limit_(limit.on_clock_ahead(clock_() - steady_now())),
        closing_(limit_) {}

  int run(const Body& body) {
    if (one_thread_ && !settings_.one_thread) {
      say("cohort: MPI allows calls from one thread only: each rank runs on one thread, and makes progress between "
          "tasks "
          "and inside client calls");
    }
    if (!simulated_) slots_of(world_, settings_);
    detail::CoreOptions options;
    options.host = world_.host();
    options.one_thread = one_thread_;
    options.backoff = backoff_;
    options.clock = clock_;
    options.closes_at = limit_.closes_at();
    options.watch = [this] { watch(); };
    options.broken = [this](const std::string& text) { broken(text); };
    core_ = std::make_shared<detail::Core>(*endpoint_, bell_, modules_, std::move(options));
    try {
      core_->start(kStartLimit, [this](int rank, const detail::WorkerInfo& worker) { check(rank, worker); });
    } catch (const UsageError& error) {
      say(std::string("cohort: ") + error.what());
      return end(2, true);
    } catch (const TimedOut& error) {
      broken(error.what());
    }
    look_for_signals();
    BodyEnd ended = call_body(body, core_, leaving_);
    if (!ended.at_once && print_unseen(core_->unseen_failures()) > 0 && ended.code == 0) ended.code = 1;
    return end(ended.code, ended.at_once);
  }

 private:
  /// Throws UsageError if the worker cannot take part.
  void check(int rank, const detail::WorkerInfo& worker) const {
    const std::string who = "rank " + std::to_string(rank) + " on " + worker.host;
    if (const auto difference = base::difference(modules_->comparable(), worker.modules, who))
      throw UsageError(*difference);
  }

  int end(int code, bool now) {
    if (leaving_.exchange(true)) ::pause();  // std::exit on another thread
    stop(code, now, false);
    return code;
  }

  void stop(int code, bool now, bool process_ends) {
    flush_output();
    const bool all_left = core_->stop_workers(code, now, kStopLimit);
    core_->close();
    // Where the first rank to end does so with an error, mpirun signals the others: nothing to speak of.
    if (signals_) signals_->end_at_once(code == 0);
    if (!now) return finalize();
    if (!all_left) world_.abort(code == 0 ? 1 : code);
    finalize_now(code, process_ends);
  }

  void watch() {
    const bool told_to_close = signals_ && look_at_signals();
    if (!leaving_) close_in_time(told_to_close);
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
    if (!core_ || leaving_.exchange(true)) return;
    stop(code, true, true);
  }

  const std::function<base::Time()> clock_;
  const TimeLimit limit_;
  Closing closing_;
  std::shared_ptr<detail::Core> core_;
  std::atomic<bool> leaving_ = false;
};

class WorkerRun final : public MpiRun {
 public:
  using MpiRun::MpiRun;

  int run() {
    worker::WorkerOptions options;
    // All ranks must ask, whatever they make of it; only a simulation, which takes hours for it, is alike everywhere.
    const int slots = simulated_ ? 1 : slots_of(world_, settings_);
    options.slots = one_thread_ ? 1 : slots;
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

int run_over_mpi(const Settings& settings, const Launch& launch, const TimeLimit& limit, const Body& body) {
  if (launch.size == 1) return run_locally(settings, limit, body);
  const ThreadLevel level = settings.one_thread ? ThreadLevel::funneled : ThreadLevel::serialized;
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
    const int code = run_locally(settings, limit, body, [&world] { world->finalize_for_process(); });
    world->finalize();
    return code;
  }
  try {
    return world->rank() == 0 ? RootRun(settings, launch, limit, *world, modules).run(body)
                              : WorkerRun(settings, launch, *world, modules).run();
  } catch (const std::exception& error) {
    give_up(*world, error.what());
  }
}

}  // namespace cohort::session
