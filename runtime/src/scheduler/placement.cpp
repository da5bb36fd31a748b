#include "scheduler/placement.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace cohort::scheduler {

namespace {

/// What it would mean to run the task on one worker.
struct Prospect {
  Time start{};
  std::int64_t bytes_there = 0;  ///< of the inputs, and one more for each
};

Prospect prospect_on(Address worker, std::span<const PlacedInput> inputs, const WorkerLoad& load, Time now,
                     const TransferCost& cost) {
  Prospect prospect{now, 0};
  for (const PlacedInput& input : inputs) {
    Time there = std::max(now, input.ready_at);
    if (input.is_at(worker)) {
      prospect.bytes_there += static_cast<std::int64_t>(input.bytes) + 1;
    } else {
      there += cost.of(input.bytes);
    }
    prospect.start = std::max(prospect.start, there);
  }
  prospect.start = std::max(prospect.start, load.available(now, prospect.start));
  return prospect;
}

}  // namespace

Time earliest_start(std::span<const PlacedInput> inputs, Address worker, const WorkerLoad& load, Time now,
                    const TransferCost& cost) {
  return prospect_on(worker, inputs, load, now, cost).start;
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
  if (count == 1) return candidates[0];
  for (const Address candidate : std::span(candidates).first(count)) {
    const WorkerLoad& load = workers[static_cast<std::size_t>(candidate)];
    const Prospect prospect = prospect_on(candidate, inputs, load, now, cost);
    const Rank rank{prospect.start, -prospect.bytes_there, load.assigned_time};
    if (best == kNowhere || rank < best_rank) {
      best = candidate;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace cohort::scheduler
