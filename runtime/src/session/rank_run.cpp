#include "session/rank_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "base/shared_memory.hpp"
#include "session/clock.hpp"
#include "session/control_group.hpp"

namespace cohort::session {

namespace {

using namespace std::chrono_literals;
using transport::MpiWorld;
using transport::ThreadLevel;

/// How long MPI may take to end where the run is broken off.
constexpr base::Time kFinalizeLimit = 5s;

/// On a simulated cluster every look costs simulated time, and a pause that does not sleep costs real time only.
constexpr base::Backoff::Limits kSimulatedBackoff{.spins = 32, .yields = 0, .bell_may_ring = false};

/// Who waits should not take the CPU from one that works, where ranks outnumber CPUs: two workers that wait for each
/// other's values by turns on one CPU would spend most of it on looking. As many looks as a round trip takes do no
/// harm. A worker that has a CPU for itself, but for rank 0 now and then, takes it from nobody by yielding: to sleep
/// while rank 0 is on a peer's CPU would make it late when that one goes on.
base::Backoff::Limits backoff_on(const MpiWorld& world) {
  constexpr int kYieldsOnOwnCpu = 1024;
  base::Backoff::Limits limits;
  const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  if (world.node_size() > cpus) limits.spins = 64;
  if (world.rank() != 0 && world.node_size() <= cpus + 1) limits.yields = kYieldsOnOwnCpu;
  return limits;
}

/// Shared memory that was freed and is kept: of all ranks together a sixteenth of the node's, or of what they may use.
std::size_t spare_bytes(const MpiWorld& world) {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const std::uint64_t node = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(node, memory_limit().value_or(node)) / 16 / static_cast<std::uint64_t>(world.node_size());
}

constexpr int kWithoutFinalize = 1 << 30;

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

StartTalk talk_of(MpiWorld& world, bool one_thread) {
  return {.rank = world.rank(),
          .host = world.host(),
          .one_thread = one_thread,
          .many_threads = world.thread_level() >= ThreadLevel::multiple,
          .all_gather = [&world](std::string_view text) { return world.all_gather(text); },
          .round_trips = [&world] { return world.round_trips(); }};
}

}  // namespace

int without_finalize(int code) { return kWithoutFinalize | (code & 0xff); }

bool is_without_finalize(int code) { return (code & ~0xff) == kWithoutFinalize; }

void give_up(const MpiWorld& world, const std::string& text) {
  say("cohort: rank " + std::to_string(world.rank()) + " on " + world.host() + " cannot go on: " + text);
  world.abort(1);
}

RankRun::RankRun(const Settings& settings, const Launch& launch, MpiWorld& world,
                 std::shared_ptr<base::ModuleTable> modules)
    : settings_(settings),
      world_(world),
      modules_(std::move(modules)),
      simulated_(launch.simulated),
      backoff_(simulated_ ? kSimulatedBackoff : backoff_on(world)),
      one_thread_(settings.one_thread || world.thread_level() < ThreadLevel::serialized),
      endpoint_(world.make_endpoint(endpoint_options())) {
  // On a simulated cluster all ranks are one process, whose signals are not ours.
  if (!simulated_) signals_.emplace(*this, world.rank() == 0);
}

transport::MpiOptions RankRun::endpoint_options() const {
  transport::MpiOptions options;
  // On a simulated cluster all ranks are one process, and what they share costs nothing.
  options.node_channels = settings_.shared_memory && !simulated_;
  if (options.node_channels && world_.node_size() > 1 && base::SharedMemory::of_process().start(spare_bytes(world_))) {
    options.neighbours = world_.neighbours();
  }
  return options;
}

void RankRun::start_up() {
  if (simulated_) return;
  start_.emplace(settings_, talk_of(world_, one_thread_ && !settings_.one_thread));
  if (start_->root_slots() == 0) return;
  auto members = join_root_worker(std::move(endpoint_), world_.make_endpoint(endpoint_options()), bell_, *root_bell_);
  endpoint_ = std::move(members.mine);
  root_endpoint_ = std::move(members.worker);
}

std::function<base::Time()> RankRun::clock() const {
  if (!one_thread_) return steady_now;
  // On a simulated cluster MPI's clock is the one that counts.
  return [this] { return base::Time(static_cast<base::Time::rep>(world_.wtime() * 1e9)); };
}

void RankRun::finalize() {
  endpoint_.reset();
  root_worker_.reset();
  world_.finalize();
}

void RankRun::finalize_now(int code, bool process_ends) {
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

void RankRun::look_for_signals() {
  if (signals_ && !one_thread_) signals_->only_note();
}

}  // namespace cohort::session
