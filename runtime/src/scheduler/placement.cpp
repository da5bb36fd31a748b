#include "scheduler/placement.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace cohort::scheduler {

Time earliest_start(std::span<const PlacedInput> inputs, Address worker, const WorkerLoad& load, Time now,
                    const TransferCost& cost) {
  Time ready = now;
  for (const PlacedInput& input : inputs) {
    const Time there = std::max(now, input.ready_at);
    ready = std::max(ready, input.is_at(worker) ? there : there + cost.of(input.bytes));
  }
  return std::max(ready, load.available(now, ready));
}

Address choose_worker(std::span<const PlacedInput> inputs, std::span<const WorkerLoad> workers, Address other, Time now,
                      const TransferCost& cost) {
  // A task with thousands of inputs is not worth a look at every holder: the first few distinct ones will do.
  constexpr std::size_t kMostCandidates = 8;
  std::array<Address, kMostCandidates + 1> candidates;
  std::size_t count = 0;
  const auto add = [&](Address address) {
    if (address <= kRoot || static_cast<std::size_t>(address) >= workers.size()) return;
    if (workers[static_cast<std::size_t>(address)].lost || count > kMostCandidates) return;
    if (std::find(candidates.begin(), candidates.begin() + count, address) != candidates.begin() + count) return;
    candidates[count++] = address;
  };
  for (const PlacedInput& input : inputs.first(std::min<std::size_t>(inputs.size(), 64))) {
    if (count < kMostCandidates) add(input.holder);
  }
  add(other);

  // Later start, fewer bytes there, more to do: smaller is better in each place.
  using Rank = std::tuple<Time, std::int64_t, Time>;
  Address best = kNowhere;
  Rank best_rank;
  for (const Address candidate : std::span(candidates).first(count)) {
    const WorkerLoad& load = workers[static_cast<std::size_t>(candidate)];
    std::int64_t bytes_there = 0;
    for (const PlacedInput& input : inputs) {
      if (input.is_at(candidate)) bytes_there += static_cast<std::int64_t>(input.bytes) + 1;
    }
    const Rank rank{earliest_start(inputs, candidate, load, now, cost), -bytes_there, load.assigned_time};
    if (best == kNowhere || rank < best_rank) {
      best = candidate;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace cohort::scheduler
