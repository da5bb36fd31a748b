#include "worker/arrival.hpp"

#include <algorithm>
#include <utility>

#include "base/peak_memory.hpp"

namespace cohort::worker {

namespace {

using namespace std::chrono_literals;

/// Between two looks at the transport while tasks are ready.
constexpr base::Time kPollEvery = 10us;
/// Messages do not wait longer than this for a slot that goes from task to task; what rank 0 is told waits so long only
/// where few tasks have ended, and many are left.
constexpr base::Time kFlushEvery = 50us;
constexpr base::Time kFlushEveryAtMost = 200us;
constexpr std::uint64_t kFewEnds = 16;
constexpr std::size_t kManyTasks = 64;
/// Values that others wait for wait no longer than this for a slot that goes from task to task.
constexpr base::Time kFlushValuesEvery = 10us;
/// How often the helper looks while tasks run, at first and at most.
constexpr base::Time kHelpEvery = 100us;
constexpr base::Time kHelpEveryAtMost = 2ms;
/// The same in silence, while a peer or rank 0 may wait for something.
constexpr base::Time kHelpEveryInSilence = 400us;
/// How often it looks for signals while the rank is idle, and when it takes the rank for idle: to be woken by the next
/// task costs that task more than a few looks.
constexpr base::Time kWatchEvery = 50ms;
constexpr base::Time kIdleAfter = 5ms;
/// A task that has run for so long is reported as running.
constexpr base::Time kReportRunningAfter = 1ms;
/// How long tasks may go on after the order to leave at once.
constexpr base::Time kGrace = 20ms;
}  // namespace

Worker::Worker(transport::Endpoint& endpoint, base::Doorbell& bell, base::ModuleTable& modules, WorkerOptions options)
    : options_(std::move(options)),
      bell_(bell),
      modules_(modules),
      mailbox_(endpoint),
      state_(*this, endpoint.address()),
      running_(static_cast<std::size_t>(options_.slots)) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrivals_cv_.notify_all();
  decoding_.stop();
  calls_.stop();
}

int Worker::run() {
  wire::Hello hello;
  hello.host = options_.site.host;
  hello.threads = options_.slots;
  for (const base::Module& module : modules_.comparable()) hello.modules.push_back({module.identity, module.name});
  {
    const std::lock_guard lock(mutex_);
    mailbox_.post(0, hello);
    mailbox_.flush();
  }
  if (options_.one_thread) {
    one_thread_loop();
  } else {
    std::thread helper([this] { help(); });
    std::vector<std::thread> slots;
    for (std::size_t slot = 1; slot < running_.size(); ++slot) slots.emplace_back([this, slot] { slot_loop(slot); });
    slot_loop(0);
    for (std::thread& slot : slots) slot.join();
    {
      const std::lock_guard lock(mutex_);
      helper_ends_ = true;
    }
    helper_bell_.ring();
    helper.join();
  }
  // What was said last must leave before the transport goes.
  const std::lock_guard lock(mutex_);
  mailbox_.post(0, wire::Stopped{base::peak_resident_bytes()});
  mailbox_.flush();
  for (const base::Time end = options_.clock() + base::Time(1s); !mailbox_.all_sent() && options_.clock() < end;) {
    mailbox_.poll(*this);
  }
  return stop_->exit_code;
}

void Worker::alarm(int signal, const std::string& text) {
  const std::lock_guard lock(mutex_);
  mailbox_.post(0, wire::Alarm{signal, text});
  mailbox_.flush();
}

std::string Worker::report() const {
  const std::lock_guard lock(mutex_);
  std::string text = "cohort: rank " + std::to_string(options_.site.rank) + " on " + options_.site.host + ": " +
                     std::to_string(state_.running()) + " tasks run, " + std::to_string(state_.open_tasks()) +
                     " are here, " + std::to_string(state_.value_count()) + " values are held\n";
  for (const std::string& line : state_.who_waits(20)) text += "cohort:   " + line + "\n";
  return text;
}

// --- slots
// ------------------------------------------------------------------------------------------------------------

void Worker::slot_loop(std::size_t slot) try {
  options_.begin_slot(slot);
  base::sleep_precisely();
  base::Backoff backoff(options_.backoff);
  Lock lock(mutex_);
  base::Time now = options_.clock();
  while (!must_stop()) {
    if (!polling_ && now - last_poll_ > kPollEvery) {
      last_slot_poll_ = now;
      if (state_.any_ready()) {
        poll(now);
        now = options_.clock();
      }
    }
    if (stop_) {
      slots_cv_.wait_for(lock, base::Time(1ms));
      continue;
    }
    if (std::optional<StartedTask> task = state_.take_ready()) {
      backoff.reset();
      now = run_task(lock, *task, slot, now);
    } else {
      wait_for_work(lock, backoff, now);
      now = options_.clock();
    }
  }
  slots_cv_.notify_all();
} catch (const std::exception& error) {
  options_.broken(error.what());
}

void Worker::one_thread_loop() {
  options_.begin_slot(0);
  base::Backoff backoff(options_.backoff);
  Lock lock(mutex_);
  while (!must_stop()) {
    lock.unlock();
    options_.watch();
    lock.lock();
    const bool any = poll(options_.clock());
    const auto now_due = std::exchange(later_, {});
    lock.unlock();
    for (const auto& due : now_due) due();
    lock.lock();
    if (std::optional<StartedTask> task = stop_ ? std::nullopt : state_.take_ready()) {
      backoff.reset();
      run_task(lock, *task, 0, options_.clock());
    } else if (any) {
      backoff.reset();
    } else {
      mailbox_.flush();
      backoff.pause(bell_, bell_.ticket(), base::Time::max());
    }
  }
}

/// Nothing is ready: one slot polls, the others sleep until it has something for them.
void Worker::wait_for_work(Lock& lock, base::Backoff& backoff, base::Time now) {
  // While tasks here wait for values of others, what rank 0 is told, the ends of tasks above all, is not urgent; the
  // values that others wait for are. Who sleeps behind another slot leaves nothing to it, which may be asleep itself.
  if (!polling_ && state_.open_tasks() > 0 && !reports_are_due(now)) {
    mailbox_.flush_all_but(0);
  } else if (mailbox_.anything_waits()) {
    mailbox_.flush();
    note_flush(now);
  }
  if (polling_) {
    ++sleeping_slots_;
    slots_cv_.wait(lock, [&] { return state_.any_ready() || !polling_ || must_stop(); });
    --sleeping_slots_;
    return;
  }
  polling_ = true;
  const std::uint64_t ticket = bell_.ticket();
  if (poll(now) || state_.any_ready() || stop_) {
    backoff.reset();
  } else {
    if (backoff.sleeping()) mailbox_.flush();
    const bool look_tells_all = mailbox_.endpoint().look_tells_all();
    const bool may_pause = !backoff.sleeping() || (receiving_.empty() && mailbox_.batches_sent());
    lock.unlock();
    if (may_pause) {
      backoff.pause(bell_, ticket, base::Time::max(),
                    [&] { return !look_tells_all || mailbox_.endpoint().has_packet(); });
    } else {
      std::this_thread::yield();
    }
    lock.lock();
  }
  polling_ = false;
  // What is ready now this slot takes itself; run_task() wakes others if there is more.
  if (sleeping_slots_ > 0 && must_stop()) wake_slots();
}

/// Those that sleep behind the polling one, and that one itself should it sleep on the bell.
void Worker::wake_slots() {
  slots_cv_.notify_all();
  bell_.ring();
}

/// Whether rank 0 should be told now of the tasks that have ended.
bool Worker::reports_are_due(base::Time now) const {
  const base::Time waited = now - last_flush_;
  if (waited <= kFlushEvery) return false;
  return waited > kFlushEveryAtMost || tasks_ended_ - ended_at_flush_ >= kFewEnds || state_.open_tasks() < kManyTasks;
}

void Worker::note_flush(base::Time now) {
  last_flush_ = last_value_flush_ = now;
  ended_at_flush_ = tasks_ended_;
}

bool Worker::poll(base::Time now) {
  last_poll_ = now;
  return mailbox_.poll(*this);
}

/// `now`: as the last look at the clock told. Returns the next one.
base::Time Worker::run_task(Lock& lock, StartedTask& task, std::size_t slot, base::Time now) {
  RunningTask running;
  running.id = task.id;
  running.rank = options_.site.rank;
  running.attempt = static_cast<int>(task.attempt);
  if (!task.work->label.empty()) running.label = task.work->label;
  running.started = last_started_ = now;
  running.shared_types = &shared_types_;
  running_[slot] = &running;
  if (helper_sleeps_long_) {
    helper_sleeps_long_ = false;
    helper_bell_.ring();
  }
  if (sleeping_slots_ > 0 && state_.any_ready()) wake_slots();
  lock.unlock();
  Ended ended = execute(task, running, options_.site, modules_, options_.clock);
  base::lock_soon(lock);
  running_[slot] = nullptr;
  ++tasks_ended_;
  const bool finished = ended.done.outcome == wire::Done::Outcome::finished;
  ended_ = &ended.done;
  if (!state_.on_ended(task, finished ? WorkerState::End::finished : WorkerState::End::failed,
                       {std::move(ended.value), nullptr})) {
    ended.done.outcome = wire::Done::Outcome::cancelled;
    ended.done.bytes.clear();
    ended.done.failure.reset();
  }
  ended_ = nullptr;
  post_done(ended.done);
  if (!options_.one_thread && reports_are_due(ended.when)) {
    mailbox_.flush();
    note_flush(options_.clock());
    return last_flush_;
  }
  if (!options_.one_thread && ended.when - last_value_flush_ > kFlushValuesEvery) {
    mailbox_.flush_all_but(0);
    last_value_flush_ = ended.when;
  }
  // What the encoding of a large value took is not the next task's time.
  return ended.done.small ? ended.when : options_.clock();
}

// --- the helper
// -------------------------------------------------------------------------------------------------------

/// Sees to messages while all slots are in tasks, and to signals.
void Worker::help() try {
  base::Time every = kHelpEvery;
  std::uint64_t ended_before = 0;
  std::optional<base::Time> leave_at;
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
    const base::Time now = options_.clock();
    if (stop_ && stop_->now && state_.running() > 0) {
      if (!leave_at) leave_at = now + kGrace;
      if (now >= *leave_at && !std::exchange(left_, true)) {
        const int code = stop_->exit_code;
        mailbox_.post(0, wire::Stopped{base::peak_resident_bytes()});
        mailbox_.flush();
        // With the lock: nobody touches the transport from here on.
        options_.leave_now(code);
      }
    }
    const base::Time last_period = every;
    const bool idle = state_.running() == 0 && now - last_started_ > kIdleAfter;
    if (idle && !mailbox_.anything_waits() && !stop_) {
      helper_sleeps_long_ = true;
      every = kWatchEvery;
    } else {
      // Slots that go quickly from task to task see to messages themselves.
      const bool slots_are_quick = tasks_ended_ - ended_before > 4;
      const bool slots_have_looked = now - last_slot_poll_ < kHelpEveryInSilence && !mailbox_.anything_waits();
      every = slots_are_quick ? std::min(std::max(every, kHelpEvery) * 2, kHelpEveryAtMost) : kHelpEvery;
      bool any_to_report = false;
      for (RunningTask* running : running_) {
        if (running == nullptr || running->reported || now - running->started < kReportRunningAfter) continue;
        running->reported = any_to_report = true;
        mailbox_.post(0, wire::Started{running->id});
      }
      if (any_to_report) mailbox_.flush(0);  // else the next look would have to come soon
      const bool silence = !mailbox_.anything_waits() && (polling_ || slots_have_looked || !poll(now));
      // New work is not urgent while the slots have some.
      const bool somebody_waits =
          std::exchange(somebody_waits_, false) || !receiving_.empty() || !mailbox_.batches_sent();
      if (slots_have_looked || (!slots_are_quick && (silence || !somebody_waits))) {
        const bool is_urgent = somebody_waits && !slots_have_looked;
        every = std::min(last_period + last_period / 2, is_urgent ? kHelpEveryInSilence : kHelpEveryAtMost);
      }
      mailbox_.flush_older();
      if (sleeping_slots_ > 0 && (state_.any_ready() || stop_)) wake_slots();
    }
    ended_before = tasks_ended_;
    lock.unlock();
    helper_bell_.wait_for(ticket, every);
  }
} catch (const std::exception& error) {
  options_.broken(error.what());
}

}  // namespace cohort::worker
