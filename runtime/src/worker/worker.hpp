#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/background.hpp"
#include "base/backoff.hpp"
#include "base/doorbell.hpp"
#include "base/module_table.hpp"
#include "base/polite_lock.hpp"
#include "transport/incoming_segments.hpp"
#include "transport/mailbox.hpp"
#include "worker/task_execution.hpp"
#include "worker/worker_state.hpp"

namespace cohort::worker {

/// What a worker is told by whoever starts it.
struct WorkerOptions {
  int slots = 1;
  Site site;
  /// Do everything on the thread that calls run(): no other may touch the transport.
  bool one_thread = false;
  base::Backoff::Limits backoff;
  std::function<base::Time()> clock;
  /// Called every so often, at the latest every 50 ms while the rank is idle, without the lock; may call alarm().
  std::function<void()> watch = [] {};
  /// Called on each slot's thread before its first task.
  std::function<void(std::size_t slot)> begin_slot = [](std::size_t) {};
  /// Called on each other thread that may have been started by a slot's, and inherits what that may use.
  std::function<void()> begin_other = [] {};
  /// The transport failed, or the books do not agree: the rank cannot go on. Does not return.
  std::function<void(const std::string& text)> broken;
  /// The scheduler asked for a report. Called with the lock held: report() must be called later, by `watch` say.
  std::function<void()> report_requested = [] {};
  /// Stop{now} has come, and a task is running: the process has to end without it. Called with the lock held.
  std::function<void(int exit_code)> leave_now = [](int) {};
};

/// One worker rank at work: slots that take ready tasks, messages in and out, and a helper thread that moves messages
/// while all slots run long tasks.
///
/// One lock for the state and the mailbox; tasks, decoding and encoding of results run without it.
class Worker final : private Outbox, private transport::Receiver {
 public:
  /// `bell` is rung by the transport, if it can ring.
  Worker(transport::Endpoint& endpoint, base::Doorbell& bell, base::ModuleTable& modules, WorkerOptions options);
  ~Worker() override;

  /// Says hello, serves until the scheduler says stop, and returns its exit code. The calling thread is the first slot.
  int run();

  /// Tells rank 0 that this rank was signalled or cannot go on. Any thread.
  void alarm(int signal, const std::string& text);
  /// What the worker has and does, as text. Any thread.
  std::string report() const;

 private:
  class Arrival;
  using Lock = std::unique_lock<std::mutex>;

  // --- threads (worker.cpp)
  void slot_loop(std::size_t slot);
  void one_thread_loop();
  void help();
  base::Time run_task(Lock& lock, StartedTask& task, std::size_t slot, base::Time now);
  void wait_for_work(Lock& lock, base::Backoff& backoff, base::Time now);
  bool poll(base::Time now);
  bool reports_are_due(base::Time now) const;
  void note_flush(base::Time now);
  void wake_slots();
  bool must_stop() const { return stop_.has_value() && (stop_->now || state_.running() == 0); }

  // --- messages (worker_messages.cpp)
  void on_message(Address from, wire::Message& message) override;
  void on_received(std::uint64_t ticket) override;
  void on_assign(wire::Assign& assign);
  const detail::ValueType* type_of(TaskId id);
  void on_value(Address from, wire::ValueIs& value);
  void on_call(wire::Call call);
  void post_done(const wire::Done& done);
  void send_object(Address to, TaskId id, std::uint64_t ticket, const StoredValue& stored);

  // --- values on their way in (arrivals.cpp)
  void begin_arrival(Address from, wire::ValueIs& value, const detail::ValueType* type);
  void decode_blocking(const std::shared_ptr<Arrival>& arrival);
  void end_arrival_if_complete(Arrival& arrival);

  // --- Outbox
  void fetch(Address from, TaskId id, std::uint64_t ticket) override;
  void unfetch(Address from, TaskId id, std::uint64_t ticket) override;
  void send_value(Address to, TaskId id, std::uint64_t ticket) override;
  void drop_value(TaskId id, StoredValue value) override;
  void request_stop(TaskId id) override;
  void cancelled(TaskId id, std::uint32_t attempt) override;
  void recalled(TaskId id) override;
  void held(TaskId id) override;

  const WorkerOptions options_;
  base::Doorbell& bell_;
  base::ModuleTable& modules_;

  mutable std::mutex mutex_;
  transport::Mailbox mailbox_;
  WorkerState state_;
  std::vector<AssignedInput> assigned_inputs_;  ///< kept for its memory
  /// What rank 0 will be told of the task that is ending: the value as it travels, if it is small.
  const wire::Done* ended_ = nullptr;
  std::vector<RunningTask*> running_;  ///< by slot; null: idle
  std::optional<wire::Stop> stop_;
  bool left_ = false;  ///< leave_now was called

  /// A slot waits on the transport, and nobody else may poll: it looks at the endpoint without the lock while it spins.
  bool polling_ = false;
  int sleeping_slots_ = 0;  ///< slots that wait for the one that polls
  std::condition_variable slots_cv_;
  base::Time last_poll_{};
  base::Time last_slot_poll_{};    ///< by a slot, between tasks
  bool somebody_waits_ = false;    ///< since the helper looked: a message came that is more urgent than new work
  base::Time last_flush_{};        ///< of everything
  base::Time last_value_flush_{};  ///< of what is not for rank 0
  std::uint64_t ended_at_flush_ = 0;
  base::Time last_started_{};  ///< of all tasks
  std::uint64_t tasks_ended_ = 0;

  bool helper_sleeps_long_ = false;
  bool helper_ends_ = false;
  base::Doorbell helper_bell_;

  std::unordered_map<std::uint64_t, std::shared_ptr<Arrival>> receiving_;  ///< by the transport's ticket
  SharedTypes shared_types_;
  bool ending_ = false;
  std::condition_variable arrivals_cv_;  ///< all segments that were asked for have come, or the worker ends

  /// What must not run in the handler of a message. On one thread: between two looks at the transport.
  std::vector<std::function<void()>> later_;
  base::Background decoding_{options_.begin_other};  ///< values that are decoded in one go, in the order they came
  base::Background calls_{options_.begin_other};
};

}  // namespace cohort::worker
