#include <algorithm>
#include <chrono>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "cases/task_graph/runs.hpp"
#include "measure.hpp"

namespace bench::graphs {

namespace {

Output task(const Graph& graph, int step, int point, const cohort::Inputs<Output>& inputs) {
  return run_task(graph, step, point, inputs.size(), [&](std::size_t k) -> const Output& { return inputs[k]; });
}

/// inputs_of() each task, in the order in which they are submitted.
std::vector<std::vector<int>> plan_of(const Graph& graph) {
  std::vector<std::vector<int>> plan;
  plan.reserve(static_cast<std::size_t>(task_count(graph)));
  for (int step = 0; step < graph.steps; ++step) {
    for (int point = 0; point < points_of(graph, step); ++point) plan.push_back(inputs_of(graph, step, point));
  }
  return plan;
}

}  // namespace

double run_as_futures(cohort::Client& client, const Graph& graph) {
  const std::vector<std::vector<int>> plan = plan_of(graph);  // made before, as it is by hand
  auto planned = plan.begin();
  const auto start = std::chrono::steady_clock::now();
  const bool may_be_leaves = graph.pattern == Pattern::trivial || graph.pattern == Pattern::random_nearest;
  std::vector<cohort::Future<Output>> leaves;
  std::vector<cohort::Future<Output>> before;
  for (int step = 0; step < graph.steps; ++step) {
    std::vector<cohort::Future<Output>> now;
    const int points = points_of(graph, step);
    now.reserve(static_cast<std::size_t>(points));
    for (int point = 0; point < points; ++point) {
      std::vector<cohort::Future<Output>> inputs;
      inputs.reserve(planned->size());
      for (const int from : *planned) inputs.push_back(before[static_cast<std::size_t>(from)]);
      ++planned;
      now.push_back(client.submit(task, graph, step, point, std::move(inputs)));
    }
    // Tasks that nobody may need: whoever waits for the last step does not wait for them.
    if (may_be_leaves) std::move(before.begin(), before.end(), std::back_inserter(leaves));
    before = std::move(now);
  }
  client.wait(before);
  client.wait(leaves);
  return seconds_since(start);
}

double iteration_seconds_as_futures(cohort::Client& client, int iterations) {
  std::vector<cohort::Future<double>> parts;
  for (int slot = 0; slot < client.slot_count(); ++slot) {
    cohort::TaskOptions options;
    if (client.worker_count() > 1) options.rank = slot * client.worker_count() / client.slot_count() + 1;
    parts.push_back(client.submit(options, seconds_per_iteration, iterations));
  }
  const std::vector<double> seconds = client.gather(parts);
  return std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(seconds.size());
}

}  // namespace bench::graphs
