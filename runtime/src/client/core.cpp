#include "client/core.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "wire/error_codec.hpp"

namespace cohort::detail {

namespace {

using namespace std::chrono_literals;

/// Between two looks for workers that have nothing to do.
constexpr Time kTickEvery = 200us;
/// The helper's periods: while there is work, and while there is none.
/// So long a thread that drives may take to notice that the core was closed: it is awake, but may have no CPU.
constexpr Time kDriverHasLeft = 1s;
constexpr Time kHelpEvery = 100us;
constexpr Time kHelpEveryInSilence = 400us;
/// While a thread calls so fast that it sees to messages itself: such a part of the time for which it has, up to this.
constexpr int kPartOfFastCalls = 8;
constexpr Time kHelpEveryAtMost = 4ms;
constexpr Time kWatchEvery = 50ms;
/// While a client thread has been driving for some time: it may leave at any moment, and compute.
constexpr Time kHelpEveryWhileDriven = 4ms;
/// There is none once so long nothing was asked for: to wake the helper costs the next call more than a few looks.
constexpr Time kIdleAfter = 5ms;
/// The driver rests when no worker will run out of work for so long, and then for a part of that.
constexpr Time kWorthResting = 400us;
constexpr Time kLongestRest = 2ms;
/// The same while a collection is being cut: how large its next chunks are depends on what the last ones took.
constexpr Time kLongestRestOfCutter = 1ms;
/// A wait that has lasted for long may last longer by so small a part.
constexpr int kLateness = 16;
constexpr int kLongestPart = 128;
constexpr Time kShortestRest = 50us;

}  // namespace

Core::Core(transport::Endpoint& endpoint, base::Doorbell& bell, std::shared_ptr<base::ModuleTable> modules,
           CoreOptions options)
    : options_(std::move(options)),
      bell_(bell),
      modules_(std::move(modules)),
      mailbox_(endpoint),
      workers_(static_cast<std::size_t>(endpoint.size())),
      announced_(static_cast<std::size_t>(endpoint.size())) {}

Core::~Core() { close(); }

void Core::start(std::chrono::nanoseconds at_most, const std::function<void(int rank, const WorkerInfo&)>& check) {
  Lock lock(mutex_);
  std::size_t checked = 1;
  const auto all_here = [&] {
    while (checked < workers_.size() && workers_[checked].here) ++checked;
    return checked == workers_.size();
  };
  if (!drive(lock, all_here, deadline_after(at_most))) {
    throw TimedOut("rank " + std::to_string(options_.rank_of(static_cast<Address>(checked))) +
                   " has not said hello: is it still starting, or stuck before cohort::run?");
  }
  std::vector<int> slots;
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    check(options_.rank_of(static_cast<Address>(i)), workers_[i]);
    slots.push_back(workers_[i].slots);
  }
  scheduler::Outbox& outbox = *this;
  scheduler::SchedulerOptions scheduler_options = options_.scheduler;
  scheduler_options.rank_of = options_.rank_of;
  scheduler_.emplace(outbox, slots, std::move(scheduler_options));
  if (closing_) tasks().on_closing(latest_end_, look_at_clock());  // it was told so before
  if (options_.sample) sample_.emplace(*options_.sample, slots);
  if (!options_.one_thread) helper_ = std::thread([this] { help(); });
}

void Core::finish() {
  Lock lock(mutex_);
  drive_tasks(
      lock, [&] { return tasks().open_tasks() == 0 && feeds_.empty(); }, Time::max());
}

void Core::begin_closing(Time latest_end, Time waits_end) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  closing_ = true;
  waits_end_ = std::min(waits_end_, waits_end);
  latest_end_ = std::min(latest_end_, latest_end);
  if (!scheduler_) return;
  tasks().on_closing(latest_end, look_at_clock());
  mailbox_.flush();
  if (driver_sleeps_) bell_.ring();
  wake_helper();
}

Core::Left Core::left() {
  const std::lock_guard lock(mutex_);
  return {scheduler_ ? tasks().open_tasks() : 0, feeds_.size(), cut_short_};
}

Time Core::time_left() {
  const std::lock_guard lock(mutex_);
  require_open();
  if (closing_) return Time::zero();
  return options_.closes_at == Time::max() ? forever : std::max(options_.closes_at - look_at_clock(), Time::zero());
}

bool Core::stop_workers(int exit_code, bool now, std::chrono::nanoseconds at_most) {
  Lock lock(mutex_);
  if (closed_) return true;
  for (Address worker = 1; worker < mailbox_.size(); ++worker) mailbox_.post(worker, wire::Stop{exit_code, now});
  mailbox_.flush();
  // What was sent after Stop nobody takes any more: that it has left must not be waited for.
  return drive(
      lock, [&] { return stopped_workers_ + 1 == workers_.size(); }, deadline_after(at_most));
}

void Core::close() {
  std::vector<std::shared_ptr<Feed>> feeds;
  {
    const std::lock_guard lock(mutex_);
    if (closed_.exchange(true)) return;
    feeds.swap(feeds_);
    watchers_.clear();
    helper_ends_ = true;
    followers_cv_.notify_all();
  }
  helper_bell_.ring();
  if (helper_.joinable()) helper_.join();
  bell_.ring();
  Lock lock(mutex_);
  // Another thread may be looking at the endpoint, without the lock, for what it has waited for. It finds that this is
  // closed the next time it has the lock. (A single thread is nobody else: it has come here from within its wait.)
  const Time end = options_.clock() + kDriverHasLeft;
  while (driving_ && !options_.one_thread && options_.clock() < end) {
    lock.unlock();
    std::this_thread::sleep_for(20us);
    lock.lock();
  }
  root_values_.clear();
}

std::vector<wire::Failure> Core::unseen_failures() {
  const std::lock_guard lock(mutex_);
  std::vector<wire::Failure> failures;
  if (!scheduler_) return failures;
  for (const wire::Failure* failure : tasks().unseen_failures()) failures.push_back(*failure);
  return failures;
}

std::optional<Core::Alarm> Core::take_alarm() {
  const std::lock_guard lock(mutex_);
  if (alarms_.empty()) return std::nullopt;
  Alarm oldest = std::move(alarms_.front());
  alarms_.pop_front();
  return oldest;
}

bool Core::sample_is_over() {
  if (!options_.sample || sample_is_over_) return sample_is_over_;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || !sample_) return false;
  sample_->on_tick(options_.clock());
  return sample_is_over_ = sample_->is_over() && !sample_->program_has_ended();
}

SampleReport Core::end_sample() {
  const std::lock_guard lock(mutex_);
  if (!sample_) return {};
  sample_->on_end_of_program(options_.clock());
  return sample_->report();
}

std::vector<WorkerInfo> Core::other_workers() {
  const std::lock_guard lock(mutex_);
  std::vector<WorkerInfo> others;
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    if (options_.rank_of(static_cast<Address>(i)) != 0) others.push_back(workers_[i]);
  }
  return others;
}

std::string Core::report() {
  const std::lock_guard lock(mutex_);
  if (closed_ || !scheduler_) return "cohort: no run is going on\n";
  std::string text = "cohort: rank 0 on " + options_.host + ": " + std::to_string(tasks().open_tasks()) +
                     " tasks have not ended, " + std::to_string(tasks().record_count()) +
                     " tasks and values are known\n";
  for (const std::string& line : tasks().who_waits(20)) text += "cohort:   " + line + "\n";
  for (Address worker = 1; worker < mailbox_.size(); ++worker) mailbox_.post(worker, wire::Report{});
  mailbox_.flush();
  return text;
}

int Core::slot_count() {
  const std::lock_guard lock(mutex_);
  require_open();
  int slots = 0;
  for (const WorkerInfo& worker : workers_) slots += worker.slots;
  return slots;
}

Traffic Core::traffic() {
  const std::lock_guard lock(mutex_);
  require_open();
  return mailbox_.traffic();
}

// --- driving
// ----------------------------------------------------------------------------------------------------------

void Core::require_open() const {
  if (closed_)
    throw UsageError(
        "the client of this future has ended: use futures inside the body of cohort::run, or while the local client "
        "lives");
}

Time Core::deadline_after(Time timeout) const {
  const Time now = options_.clock();
  return timeout > Time::max() - now ? Time::max() : now + timeout;
}

/// Nothing that a call could wait for will happen any more, or not in time.
bool Core::time_is_up() const {
  if (now_ >= waits_end_) return true;
  // A collection may have more to cut that would still be in time.
  return scheduler_->all_is_withheld() && !feeds_due_ && !reading_feeds_due_ && pumping_ <= pumping_here();
}

/// Sends what waits, takes in what has come, and lets the scheduler act on it. Returns whether anything came.
bool Core::step() {
  mailbox_.flush();
  const bool any = mailbox_.poll(*this);
  if (scheduler_) tick_if_due();
  if (any) mailbox_.flush();
  return any;
}

void Core::tick_if_due() {
  if (now_ - last_tick_ <= kTickEvery || tasks().open_tasks() == 0) return;
  last_tick_ = now_;
  tasks().on_tick(now_);
}

/// How long the driver may rest because all workers have enough to do; zero: not at all. Where ranks share CPUs, a
/// driver that looks all the time takes them from the workers. `waited`: how long its caller has waited so far.
Time Core::rest_for(Time now, Time waited) const {
  if (!scheduler_) return Time::zero();
  const Time slack = scheduler_->slack(now);
  Time rest = slack < kWorthResting ? Time::zero() : slack / 4;
  rest = std::min(rest, feeds_.empty() ? kLongestRest : kLongestRestOfCutter);
  // Nobody needs rank 0: only whoever waits could be late. Where arrivals ring, the usual pauses do.
  if (!mailbox_.endpoint().rings() && feeds_.empty() && root_values_.size() == 0 && scheduler_->all_is_assigned()) {
    const Time longest =
        std::max(kLongestRest, std::min(waited / kLongestPart, options_.backoff.longest_sleep_at_last));
    rest = std::max(rest, std::min(waited / kLateness, longest));
  }
  return rest < kShortestRest ? Time::zero() : rest;
}

/// Drives while no thread waits in a call, so that work goes on while the body computes; and looks for signals.
void Core::help() try {
  Time every = kHelpEvery;
  Time slow_until = options_.clock();  // calls came fast since
  base::PoliteLock polite;
  for (;;) {
    const std::uint64_t ticket = helper_bell_.ticket();
    options_.watch();
    Lock lock = polite.lock(mutex_);
    if (!lock) {
      helper_bell_.wait_for(ticket, kHelpEvery);
      continue;
    }
    if (helper_ends_) return;
    look_at_clock();
    const Time last_period = std::exchange(every, kHelpEvery);
    const bool any_calls = calls_made_ != calls_made_before_;
    if (tasks().open_tasks() > 0 || any_calls) last_busy_ = now_;
    // A thread that calls so fast sees to messages itself, and should not find the lock taken.
    const bool calls_fast = calls_made_ - calls_made_before_ > kCallsPerPoll;
    if (!calls_fast) slow_until = now_;
    if (feeds_want_helper()) pump_feeds(lock, false);
    calls_made_before_ = calls_made_;
    // It only waits, or reads one value after the other. Who calls in between would have to wake this thread each time.
    const bool client_drives = !any_calls && (clients_driving_ > 0 || now_ - last_driven_ <= kNoGap);
    if (client_drives && pumping_clients_ == 0 && now_ - driven_since_ > kIdleAfter) {
      mailbox_.flush_older();
      helper_sleep_ = HelperSleep::while_driven;
      every = clients_driving_ > 0 ? kHelpEveryWhileDriven : kNoGap;
    } else if (driving_ || pumping_clients_ > 0 || calls_fast) {
      mailbox_.flush_older();
      // What the last calls leave behind waits that long: a small part of the time that they took.
      every =
          calls_fast ? std::clamp((now_ - slow_until) / kPartOfFastCalls, kHelpEveryInSilence, kHelpEveryAtMost) : 1ms;
    } else if (now_ - last_busy_ > kIdleAfter && !feeds_due_ && !mailbox_.anything_waits() && mailbox_.all_sent()) {
      // Nothing is expected, but a worker may have been signalled.
      mailbox_.poll(*this);
      helper_sleep_ = HelperSleep::in_silence;
      every = kWatchEvery;
    } else {
      driving_ = true;
      mailbox_.flush_older();
      // Bounded: others may wait for the lock.
      bool any = false;
      for (int i = 0; i < 16 && mailbox_.poll(*this); ++i) {
        any = true;
        mailbox_.flush();
      }
      if (!any && !mailbox_.anything_waits()) every = std::min(last_period + last_period / 2, kHelpEveryInSilence);
      tick_if_due();
      driving_ = false;
      if (followers_ > 0) followers_cv_.notify_all();
    }
    lock.unlock();
    helper_bell_.wait_for(ticket, every);
  }
} catch (const std::exception& error) {
  options_.broken(error.what());
}

const scheduler::TaskRecord& Core::record(TaskId id) const { return *scheduler_->find(id); }

void Core::wait_or_throw(Lock& lock, TaskId id, Time deadline) {
  if (!drive_tasks(
          lock, [&] { return tasks().ended(id); }, deadline)) {
    throw TimedOut("the wait ran out of time; the task goes on, and its future stays usable");
  }
}

void Core::look_at(TaskId id) { tasks().on_looked_at(id); }

void Core::throw_if_failed(TaskId id) {
  look_at(id);
  if (const auto failure = record(id).failure()) std::rethrow_exception(wire::rebuild(failure->failure));
}

}  // namespace cohort::detail
