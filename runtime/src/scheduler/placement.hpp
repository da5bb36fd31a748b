#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "scheduler/worker_load.hpp"

namespace cohort::scheduler {

/// One input of a task that is to be placed.
struct PlacedInput {
  Address holder = kNowhere;
  const AddressList* replicas = nullptr;  ///< further holders; may be null
  std::uint64_t bytes = 0;                ///< size of the value, or what such values usually have
  Time ready_at{};                        ///< when it is expected to exist

  bool is_at(Address worker) const { return holder == worker || (replicas != nullptr && replicas->contains(worker)); }
};

/// What moving a value is presumed to cost.
struct TransferCost {
  Time latency = std::chrono::microseconds(2);
  double ns_per_byte = 1.0;

  Time of(std::uint64_t bytes) const {
    return latency + Time(static_cast<Time::rep>(static_cast<double>(bytes) * ns_per_byte));
  }
};

/// When the task could start on `worker`: once a slot is free and its inputs are there.
Time earliest_start(std::span<const PlacedInput> inputs, Address worker, const WorkerLoad& load, Time now,
                    const TransferCost& cost);

/// The worker on which the task can start first, out of the holders of its inputs and `other` (kNowhere: only those).
/// Among equals the one with more of the input bytes, then the one with less to do. kNowhere if no candidate is alive.
///
/// Greedy earliest start time, after Topcuoglu, Hariri, Wu: HEFT, IEEE TPDS 13(3), 2002, without its ranking phase:
/// tasks come one by one and must be placed as they come.
Address choose_worker(std::span<const PlacedInput> inputs, std::span<const WorkerLoad> workers, Address other, Time now,
                      const TransferCost& cost);

}  // namespace cohort::scheduler
