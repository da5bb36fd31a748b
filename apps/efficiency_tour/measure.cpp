#include "measure.hpp"

#include <algorithm>

namespace {

using Clock = std::chrono::steady_clock;

/// In one turn a way runs until this time is over, or so often: a single run would measure how ranks wake up.
constexpr Seconds kTurn{0.005};
constexpr int kMaxRunsPerTurn = 20;

Cost measure_once(cohort::Client& client, const std::function<void()>& way) {
  const cohort::Traffic before = client.traffic();
  const Clock::time_point start = Clock::now();
  way();
  const Seconds time = Clock::now() - start;
  const cohort::Traffic after = client.traffic();
  return {time, after.bytes_received - before.bytes_received,
          after.messages_sent + after.messages_received - before.messages_sent - before.messages_received};
}

template <class T>
T median(const std::vector<Cost>& costs, T Cost::*part) {
  std::vector<T> values;
  values.reserve(costs.size());
  for (const Cost& cost : costs) values.push_back(cost.*part);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::vector<Cost> measure(cohort::Client& client, int turns, const std::vector<std::function<void()>>& ways) {
  std::vector<std::vector<Cost>> costs(ways.size());
  for (int turn = 0; turn < turns; ++turn) {
    for (std::size_t way = 0; way < ways.size(); ++way) {
      const Clock::time_point start = Clock::now();
      for (int run = 0; run == 0 || (run < kMaxRunsPerTurn && Clock::now() - start < kTurn); ++run) {
        costs[way].push_back(measure_once(client, ways[way]));
      }
    }
  }
  std::vector<Cost> medians;
  medians.reserve(costs.size());
  for (const std::vector<Cost>& all : costs) {
    medians.push_back({median(all, &Cost::time), median(all, &Cost::bytes_to_rank_0), median(all, &Cost::messages)});
  }
  return medians;
}
