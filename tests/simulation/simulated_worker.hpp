#pragma once

#include <map>
#include <memory>
#include <vector>

#include "simulation/network.hpp"
#include "simulation/plan.hpp"
#include "simulation/random.hpp"
#include "worker/worker_state.hpp"

namespace cohort::simulation {

/// A WorkerState with slots and a store around it, as the real loop has them.
class SimulatedWorker : public worker::Outbox {
 public:
  SimulatedWorker(Network& network, Random& random, std::vector<TaskPlan>& plans, Address self, int slots)
      : network_(network),
        random_(random),
        plans_(plans),
        self_(self),
        slots_(static_cast<std::size_t>(slots)),
        state_(*this, self) {}

  void on_message(Address from, wire::Message& message);
  void on_peer_lost(Address peer) { state_.on_peer_lost(peer); }

  bool can_start() const { return state_.any_ready() && running_.size() < slots_; }
  void start_one();
  bool can_end() const { return !running_.empty(); }
  void end_one();
  /// As the helper does for a task that takes long.
  void report_running();
  void kill() { alive_ = false; }

  bool alive() const { return alive_; }
  const worker::WorkerState& state() const { return state_; }
  bool holds(TaskId id) const { return store_.count(id) > 0; }
  std::size_t value_count() const { return store_.size(); }
  std::size_t moved_count() const { return moved_count_; }

 private:
  struct Box {
    std::uint64_t value = 0;
    bool moved = false;
  };
  struct Running {
    worker::StartedTask task;
    std::vector<std::shared_ptr<Box>> inputs;
    std::uint64_t value = 0;
    bool stop_requested = false;
  };

  void on_assign(wire::Assign& assign);
  void put(TaskId id, std::uint64_t value) { store_[id] = std::make_shared<Box>(Box{value, false}); }

  void fetch(Address from, TaskId id, std::uint64_t ticket) override;
  void unfetch(Address from, TaskId id, std::uint64_t ticket) override;
  void send_value(Address to, TaskId id, std::uint64_t ticket) override;
  void drop_value(TaskId id, worker::StoredValue) override;
  void request_stop(TaskId id) override;
  void cancelled(TaskId id, std::uint32_t attempt) override;
  void recalled(TaskId id) override;
  void held(TaskId id) override;

  Network& network_;
  Random& random_;
  std::vector<TaskPlan>& plans_;
  Address self_;
  std::size_t slots_;
  worker::WorkerState state_;
  std::map<TaskId, std::shared_ptr<Box>> store_;
  std::vector<Running> running_;
  bool alive_ = true;
  std::size_t moved_count_ = 0;
};

}  // namespace cohort::simulation
