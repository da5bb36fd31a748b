#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/backoff.hpp"
#include "base/doorbell.hpp"
#include "base/id_map.hpp"
#include "base/module_table.hpp"
#include "base/polite_lock.hpp"
#include "client/sample.hpp"
#include "cohort/detail/core.hpp"
#include "scheduler/scheduler_state.hpp"
#include "transport/mailbox.hpp"

namespace cohort::detail {

using base::Time;
using wire::Address;

/// What the client is told by whoever starts it.
struct CoreOptions {
  /// What users call rank, of a member's address.
  std::function<int(Address)> rank_of = [](Address address) { return address; };
  std::string host;
  bool one_thread = false;  ///< no helper thread: progress is made inside client calls only
  base::Backoff::Limits backoff;
  std::function<Time()> clock;
  /// The transport failed, or the books do not agree: the run cannot go on. Does not return.
  std::function<void(const std::string& text)> broken;
  /// Called every so often, at the latest every 50 ms, without the lock. `one_thread`: inside waits only.
  std::function<void()> watch = [] {};
  /// `rank_of` is taken from above.
  scheduler::SchedulerOptions scheduler;
  /// When begin_closing() will be called, as far as is known.
  Time closes_at = Time::max();
  /// Measure a sample of what is submitted.
  std::optional<SamplePlan> sample;
  /// Elements of each chunk where Cohort is to choose; 0: it does.
  std::size_t chunk_elements = 0;
};

/// What a worker has said about itself.
struct WorkerInfo {
  bool here = false;
  std::string host;
  int slots = 0;
  std::vector<base::Module> modules;
  /// The most memory it had, in bytes; said when it stops.
  std::uint64_t peak_resident_bytes = 0;
};

/// Rank 0 at work: the scheduler, the values rank 0 holds, and the threads that wait for futures.
///
/// One lock. The thread that waits in a call drives transport and scheduler itself; others that wait at the same time
/// sleep until it has something for them or takes leave. A helper thread drives while no thread is inside a call.
class Core final : public std::enable_shared_from_this<Core>, private scheduler::Outbox, private transport::Receiver {
 public:
  using Lock = std::unique_lock<std::mutex>;

  Core(transport::Endpoint& endpoint, base::Doorbell& bell, std::shared_ptr<base::ModuleTable> modules,
       CoreOptions options);
  ~Core() override;

  // --- for the session
  /// Waits until every worker has said hello; `check` sees each. Then work can begin. Throws TimedOut.
  void start(std::chrono::nanoseconds at_most, const std::function<void(int rank, const WorkerInfo&)>& check);
  /// Waits until every submitted task has ended. Throws TimeLimitReached.
  void finish();
  /// The time is nearly up: from now on no task is started that is not expected to end before `latest_end`. Calls that
  /// wait for tasks throw TimeLimitReached once none runs any more, and at `waits_end` whatever runs. Any thread. Said
  /// again, the earlier times hold.
  void begin_closing(Time latest_end, Time waits_end);
  /// What there is of work that has not ended.
  struct Left {
    std::size_t tasks = 0;
    std::size_t collections = 0;  ///< that were not cut to their end
    bool cut_short = false;       ///< TimeLimitReached was thrown
  };
  Left left();
  /// Tells all workers to leave, and waits, at most so long, until they have said that they do.
  /// Whether they all have.
  bool stop_workers(int exit_code, bool now, std::chrono::nanoseconds at_most);
  /// From here on every call throws UsageError, and nothing of what the core was given is used any more.
  void close();
  std::vector<wire::Failure> unseen_failures();
  /// A worker's last words, if it had to say something: its rank, and what.
  struct Alarm {
    int rank = 0;
    int signal = 0;
    std::string text;
  };
  /// The oldest.
  std::optional<Alarm> take_alarm();
  /// Whether a sample was asked for, and is over before the program is. Any thread.
  bool sample_is_over();
  /// What was measured until it was over, or until now, as the end of the program.
  SampleReport end_sample();
  /// Workers on other ranks than 0, with what they have said of themselves.
  std::vector<WorkerInfo> other_workers();
  /// Who waits for whom, and asks the workers to print theirs. Any thread.
  std::string report();

  /// Submits tasks as others end: a collection that is being cut. Kept until it has ended.
  class Feed {
   public:
    virtual ~Feed() = default;
    /// Submits what it can by now. Without the lock; from several threads, also from within itself.
    virtual void pump(bool client_thread) = 0;
    /// With the lock.
    virtual bool ended() const = 0;
    /// Runs code of the program: only client threads may pump it.
    virtual bool reads() const = 0;
  };

  // --- for collections (feeds.cpp)
  void add_feed(std::shared_ptr<Feed> feed);
  void feeds_are_due();
  FutureHandle reserve();
  void fill(TaskId id, CallRequest request);

  // --- for the client (futures.cpp)
  FutureHandle submit(CallRequest&& request, TaskOptions&& options);
  FutureHandle hold(Value value);
  void drop(TaskId id) noexcept;
  void read_value(TaskId id, std::chrono::nanoseconds timeout, ValueReader& reader);
  std::exception_ptr exception_of(TaskId id);
  Status status_of(TaskId id);
  void cancel(TaskId id);
  int where(TaskId id);
  std::size_t nbytes(TaskId id);
  std::vector<bool> wait_for_several(FutureStates futures, Time timeout, When when);
  void run_on_all(CallRequest request, const std::vector<ValueReader*>& readers);
  void look_at(TaskId id);
  void look_at_all(FutureStates futures);
  CodeMap& code_map() {
    require_open();
    return *modules_;
  }
  int worker_count() const {
    require_open();
    return static_cast<int>(workers_.size()) - 1;
  }
  int slot_count();
  std::size_t chunk_elements() const { return options_.chunk_elements; }
  Traffic traffic();
  Time time_left();

  /// Counts down as the futures it watches end. Registered with watch(); removed with unwatch(), or once it was told.
  class Watcher {
   public:
    virtual void on_ended(std::size_t index) = 0;

   protected:
    ~Watcher() = default;
  };

 private:
  friend class ChunkList;
  friend class CompletionQueue;
  friend class Prefetch;

  /// A value that was asked for.
  struct Request {
    TaskId id;
    std::uint64_t ticket = 0;
    bool arrived = false;
    Address from = 0;
    wire::ValueIs message;
  };
  struct CallAnswer {
    std::size_t worker = 0;
    wire::CallDone message;
    bool arrived = false;
  };
  class Segments;

  // --- driving (core.cpp)
  /// Who calls and calls sees to messages after so many calls, since it may not wait for a long time.
  static constexpr unsigned kCallsPerPoll = 128;
  /// And looks at the clock, which costs as much as a lock, after so many.
  static constexpr unsigned kCallsPerLook = 8;
  /// Who waits again so soon after the last wait, as when many values are read, has not left.
  static constexpr Time kNoGap = std::chrono::microseconds(200);
  /// At the end of each short call.
  void after_call() {
    ++calls_made_;
    if (calls_made_ % kCallsPerLook == 0) look_at_clock();
    if (calls_made_ % kCallsPerPoll == 0 && !driving_) {
      mailbox_.poll(*this);
      tick_if_due();
    }
  }
  /// The lock, ahead of the thread that drives.
  Lock enter() {
    Lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {
      entering_.fetch_add(1, std::memory_order_relaxed);
      lock.lock();
      entering_.fetch_sub(1, std::memory_order_relaxed);
    }
    return lock;
  }
  void require_open() const;
  void require_owner(const FutureState& future) const;
  FutureHandle make_future(TaskId id) {
    auto future = std::allocate_shared<const FutureState>(SmallAllocator<FutureState>(), *this, id);
    if (futures_++ == 0) self_ = shared_from_this();
    return future;
  }
  /// The futures among its inputs must live until the task is submitted.
  scheduler::Submission make_submission(CallRequest& request, TaskOptions&& options);
  /// While a thread is inside what may submit more of a collection. With the lock.
  void begin_pump() {
    ++pumping_;
    ++pumping_here();
  }
  void end_pump() {
    --pumping_;
    --pumping_here();
  }
  /// How often this thread is, in all clients together: it does not wait for itself.
  static int& pumping_here() {
    thread_local int times = 0;
    return times;
  }
  void pump_feeds(Lock& lock, bool client_thread);
  void pump(Feed& feed);
  bool feeds_want_helper() const;
  Time deadline_after(Time timeout) const;
  template <class Ready>
  bool drive(Lock& lock, Ready ready, Time deadline);
  template <class Ready>
  bool drive_tasks(Lock& lock, Ready ready, Time deadline);
  bool time_is_up() const;
  bool step();
  void tick_if_due();
  /// Looks at the clock; what happens next happens at now_.
  Time look_at_clock() { return now_ = options_.clock(); }
  Time rest_for(Time now, Time waited) const;
  void help();
  /// There is something to do: for the helper, unless a client thread drives, or is back to do so in a moment; for that
  /// one, should it sleep.
  void wake_helper() {
    if (driver_sleeps_) bell_.ring();
    if (helper_sleep_ == HelperSleep::in_silence || clients_driving_ == 0) ring_helper();
  }
  void ring_helper() {
    if (helper_sleep_ == HelperSleep::no) return;
    helper_sleep_ = HelperSleep::no;
    helper_bell_.ring();
  }
  scheduler::SchedulerState& tasks() { return *scheduler_; }
  const scheduler::TaskRecord& record(TaskId id) const;
  void wait_or_throw(Lock& lock, TaskId id, Time deadline);
  void throw_if_failed(TaskId id);

  // --- values (values.cpp)
  void start_request(Request& request, TaskId id);
  void read_request(Lock& lock, Request& request, Time deadline, ValueReader& reader);
  void read_ended(Lock& lock, TaskId id, Request* request, Time deadline, ValueReader& reader);
  void forget_request(Lock& lock, Request& request);
  void answer_fetch(Address from, const wire::Fetch& fetch);

  // --- messages (core_messages.cpp)
  void on_message(Address from, wire::Message& message) override;
  void on_messages_end(Address from) override;
  void on_received(std::uint64_t ticket) override;
  void on_done(Address from, wire::Done& done);
  void discard(Address from, const wire::ValueIs& value);
  void announce_modules(Address to) {
    if (announced_[static_cast<std::size_t>(to)] != modules_->size()) announce_new_modules(to);
  }
  void announce_new_modules(Address to);
  void sample_ended(Address from, const wire::Done& done);

  // --- scheduler::Outbox
  void assign(Address worker, const scheduler::TaskRecord& task,
              std::span<const scheduler::PlannedInput> inputs) override;
  void release(Address holder, TaskId id) override;
  void recall(Address worker, TaskId id) override;
  void cancel(Address worker, TaskId id) override;
  void relocate(Address worker, TaskId id, Address holder) override;
  void hold(Address worker, const scheduler::TaskRecord& task, Address holder) override;
  void ended(TaskId id) override;

  void watch(TaskId id, Watcher& watcher, std::size_t index) { watchers_.emplace(id, Watch{&watcher, index}); }
  void unwatch(TaskId id, Watcher& watcher);

  const CoreOptions options_;
  base::Doorbell& bell_;
  /// Shared: a thread that decodes a value when the run ends goes on using it.
  const std::shared_ptr<base::ModuleTable> modules_;

  std::mutex mutex_;
  transport::Mailbox mailbox_;
  std::optional<scheduler::SchedulerState> scheduler_;
  base::IdMap<Value> root_values_;
  std::vector<WorkerInfo> workers_;
  std::vector<std::uint32_t> announced_;     ///< by member: modules it was told of
  wire::AssignView assign_;                  ///< kept for its memory
  const TaskType* assigned_type_ = nullptr;  ///< that assign_.type stands for: most programs call the same again
  std::atomic<bool> closed_ = false;
  /// Futures that were not dropped; while there are any, the core keeps itself. With the lock: a count in each
  /// of a million futures would cost them more.
  std::size_t futures_ = 0;
  std::shared_ptr<Core> self_;

  std::uint64_t next_ticket_ = 1;
  std::unordered_map<std::uint64_t, Request*> requests_;
  std::unordered_map<std::uint64_t, CallAnswer*> calls_;
  struct Discarded {
    std::vector<std::unique_ptr<std::byte[]>> memory;
    std::size_t outstanding = 0;
  };
  std::list<Discarded> discarded_;
  std::unordered_map<std::uint64_t, std::size_t*> receiving_;  ///< by the transport's ticket: segments outstanding
  struct Watch {
    Watcher* watcher;
    std::size_t index;
  };
  std::unordered_multimap<TaskId, Watch> watchers_;
  std::vector<std::shared_ptr<Feed>> feeds_;  ///< what is made of another comes after it
  std::atomic<bool> feeds_due_ = false;
  std::atomic<bool> reading_feeds_due_ = false;
  Time last_feed_added_{};
  bool any_done_ = false;  ///< among the messages that came with the one at hand
  std::deque<Alarm> alarms_;
  std::optional<Sample> sample_;
  struct SampledChunk {
    std::size_t elements = 0;
    bool was_chosen = false;
  };
  std::unordered_map<TaskId, SampledChunk> sampled_chunks_;  ///< chunks under way, while sampling
  std::atomic<bool> sample_is_over_ = false;                 ///< see sample_is_over()
  std::size_t stopped_workers_ = 0;

  std::atomic<int> entering_{0};  ///< threads that want the lock
  /// A thread drives, and nobody else may poll: it looks at the endpoint without the lock while it spins.
  bool driving_ = false;
  int clients_driving_ = 0;  ///< client threads inside drive()
  Time driven_since_{};      ///< since when there are any, short gaps left aside
  Time last_driven_{};       ///< when one of them looked last
  int pumping_ = 0;          ///< how often threads are inside what may submit more of a collection
  int pumping_clients_ = 0;  ///< those of them that are the client's, and will drive again at once
  bool driver_sleeps_ = false;
  int followers_ = 0;
  std::condition_variable followers_cv_;
  Time now_{};  ///< when somebody looked last: with every step, and now and then between submits
  Time last_tick_{};
  bool closing_ = false;
  bool cut_short_ = false;
  Time waits_end_ = Time::max();
  Time latest_end_ = Time::max();   ///< see begin_closing
  Time last_busy_{};                ///< when the helper last saw a reason to go on looking
  unsigned calls_made_ = 0;         ///< of submit and the like
  unsigned calls_made_before_ = 0;  ///< when the helper looked last

  /// Longer than one of its usual periods, and why.
  enum class HelperSleep : std::uint8_t { no, while_driven, in_silence };
  HelperSleep helper_sleep_ = HelperSleep::no;
  bool helper_ends_ = false;
  base::Doorbell helper_bell_;
  std::thread helper_;
};

/// Waits until `ready()` holds, driving everything meanwhile or following a thread that does. False at the deadline.
template <class Ready>
bool Core::drive(Lock& lock, Ready ready, Time deadline) {
  struct Inside {
    explicit Inside(int& count) : count_(count) { ++count_; }
    ~Inside() { --count_; }
    int& count_;
  } inside(clients_driving_);
  base::Backoff backoff(options_.backoff);
  Time began = Time::max();
  while (!ready()) {
    require_open();
    const Time now = look_at_clock();
    if (began == Time::max()) {
      began = now;
      if (clients_driving_ == 1 && now - last_driven_ > kNoGap) driven_since_ = now;
    }
    last_driven_ = now;
    if (now >= deadline) return false;
    if (driving_) {
      ++followers_;
      mailbox_.flush();  // who drives may sleep
      const Time most = std::min<Time>(deadline - now, std::chrono::milliseconds(100));
      followers_cv_.wait_for(lock, most);
      --followers_;
      continue;
    }
    if (feeds_due_ || reading_feeds_due_) {
      pump_feeds(lock, true);
      continue;
    }
    driving_ = true;
    const std::uint64_t ticket = bell_.ticket();
    bool any = false;
    try {
      any = step();
    } catch (...) {
      driving_ = false;
      followers_cv_.notify_all();
      throw;
    }
    if (any) {
      backoff.reset();
      if (followers_ > 0) followers_cv_.notify_all();
    }
    if (!ready()) {
      const bool all_received = !any && receiving_.empty();
      const bool may_sleep = all_received && mailbox_.all_sent();
      Time rest = all_received ? std::min(rest_for(now, now - began), deadline - now) : Time::zero();
      // Only what is being sent keeps it from resting: whoever is to take that may need this core.
      const bool lets_others_run = rest > Time::zero() && !may_sleep;
      if (lets_others_run) rest = Time::zero();
      driver_sleeps_ = rest > Time::zero() || (!any && backoff.sleeping());
      if (!any || entering_.load(std::memory_order_relaxed) > 0) {
        const bool look_tells_all = mailbox_.endpoint().look_tells_all();
        lock.unlock();
        if (options_.one_thread) options_.watch();
        if (rest > Time::zero()) {
          backoff.rest(bell_, ticket, rest);
        } else if (!any && !lets_others_run && (may_sleep || !backoff.sleeping())) {
          backoff.pause(bell_, ticket, deadline - now,
                        [&] { return !look_tells_all || mailbox_.endpoint().has_packet(); });
        } else {
          std::this_thread::yield();
        }
        lock.lock();
      }
      driver_sleeps_ = false;
    }
    driving_ = false;
  }
  // Who follows takes over.
  if (followers_ > 0) followers_cv_.notify_all();
  return true;
}

/// The same where `ready()` needs tasks to end. Throws TimeLimitReached once it cannot become true in time.
template <class Ready>
bool Core::drive_tasks(Lock& lock, Ready ready, Time deadline) {
  if (sample_) sample_->on_wait(look_at_clock());
  bool is_ready = false;
  const bool in_time = drive(
      lock, [&] { return (is_ready = ready()) || time_is_up(); }, deadline);
  if (!in_time || is_ready) return in_time;
  cut_short_ = true;
  throw TimeLimitReached(
      "what is left to do would not end within the time that is left: save what is done, and return");
}

}  // namespace cohort::detail
