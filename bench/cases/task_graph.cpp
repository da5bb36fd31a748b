// Task Bench: how small tasks may be in graphs of several kinds. METG(50%), as Slaughter et al. define it (SC'20,
// section 3): the smallest task granularity, time x workers / tasks, at which half of the peak rate of the kernel is
// reached.
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/plain_mpi.hpp"
#include "cases/task_graph/runs.hpp"
#include "measure.hpp"

namespace bench {

namespace {

using graphs::Graph;
using graphs::Pattern;

constexpr int kFirstIterations = 2'000'000;
/// Of the kernel alone, before and after each run.
constexpr double kCalibrationSeconds = 2e-3;
/// Of one run of a graph; the number of steps follows from it.
constexpr double kRunSeconds = 0.1;
constexpr int kLeastSteps = 16;
constexpr int kMostSteps = 4'000;
/// Where the search begins, and between two of its points.
constexpr double kLargestTaskSeconds = 4e-3;
constexpr double kFactor = 2;
/// Such an efficiency is not measured again.
constexpr double kSurelyEfficient = 0.7;

/// One run of a graph, and how long an iteration of the kernel took next to it, with all workers at work: on a shared
/// machine a core may be twice as fast in one second as in another.
struct Run {
  double seconds = 0;
  double iteration_seconds = 0;
};
using RunGraph = std::function<Run(const Graph&)>;

/// Of the peak rate.
double efficiency_of(const Graph& graph, int in_parallel, const Run& run) {
  const double work = graph.iterations * run.iteration_seconds * static_cast<double>(graphs::task_count(graph));
  return work / in_parallel / run.seconds;
}

/// Once it comes near to half of the peak rate, the median of three: a single run that the machine disturbs would end
/// the search.
Run usual_run(const Graph& graph, int in_parallel, const RunGraph& run) {
  std::array<Run, 3> runs{run(graph)};
  if (efficiency_of(graph, in_parallel, runs[0]) > kSurelyEfficient) return runs[0];
  runs[1] = run(graph);
  runs[2] = run(graph);
  std::sort(runs.begin(), runs.end(), [&](const Run& a, const Run& b) {
    return efficiency_of(graph, in_parallel, a) < efficiency_of(graph, in_parallel, b);
  });
  return runs[1];
}

/// Microseconds; `run` and the result are the same on each rank that calls this. `iteration_seconds`: where to search.
double metg(Graph graph, int workers, double iteration_seconds, const RunGraph& run) {
  double last_granularity = 0;
  double last_efficiency = 1;
  const int in_parallel = std::min(workers, graph.width);
  double expected = kLargestTaskSeconds;  // granularity
  for (double seconds = kLargestTaskSeconds;; seconds /= kFactor) {
    graph.iterations = static_cast<int>(seconds / iteration_seconds);
    graph.steps =
        std::clamp(static_cast<int>(kRunSeconds / expected * in_parallel / graph.width), kLeastSteps, kMostSteps);
    const Run usual = usual_run(graph, in_parallel, run);
    const double granularity = usual.seconds * in_parallel / static_cast<double>(graphs::task_count(graph));
    const double efficiency = efficiency_of(graph, in_parallel, usual);
    if (efficiency < 0.5) {
      // Between this point and the last one, as on the usual plot: both axes logarithmic.
      const double part = std::log(last_efficiency / 0.5) / std::log(last_efficiency / efficiency);
      if (last_granularity == 0) return granularity * 1e6;  // even the largest tasks are too small
      return last_granularity * std::pow(granularity / last_granularity, part) * 1e6;
    }
    if (graph.iterations <= 1) return granularity * 1e6;
    last_granularity = granularity;
    last_efficiency = efficiency;
    expected = granularity;
  }
}

int calibration_iterations(double iteration_seconds) {
  return static_cast<int>(kCalibrationSeconds / iteration_seconds);
}

double metg_by_hand(const Bench& bench, const Graph& graph, double iteration_seconds) {
  const int first = bench.ranks() > 1 ? 1 : 0;
  std::vector<int> workers(static_cast<std::size_t>(bench.ranks() - first));
  std::iota(workers.begin(), workers.end(), first);
  MPI_Comm group = MPI_COMM_NULL;  // all of them take the same steps: those that the slowest one's time says
  MPI_Comm_split(MPI_COMM_WORLD, bench.rank() >= first ? 0 : MPI_UNDEFINED, bench.rank(), &group);
  const int iterations = calibration_iterations(iteration_seconds);
  const double microseconds = while_others_sleep(bench.rank(), workers, [&] {
    return metg(graph, static_cast<int>(workers.size()), iteration_seconds, [&](const Graph& sized) {
      const double before = graphs::iteration_seconds_by_hand(group, iterations);
      const double mine = graphs::run_by_hand(sized, group, bench.rank(), first, bench.ranks());
      double slowest = 0;
      MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, group);
      return Run{slowest, (before + graphs::iteration_seconds_by_hand(group, iterations)) / 2};
    });
  });
  if (group != MPI_COMM_NULL) MPI_Comm_free(&group);
  return microseconds;
}

double metg_as_futures(Bench& bench, const Graph& graph, double iteration_seconds) {
  const int iterations = calibration_iterations(iteration_seconds);
  return bench.in_cohort([&](cohort::Client& client) {
    return metg(graph, client.slot_count(), iteration_seconds, [&](const Graph& sized) {
      const double before = graphs::iteration_seconds_as_futures(client, iterations);
      const double seconds = graphs::run_as_futures(client, sized);
      return Run{seconds, (before + graphs::iteration_seconds_as_futures(client, iterations)) / 2};
    });
  });
}

void compare(Bench& bench, const Graph& graph, double iteration_seconds) {
  std::string name = std::string("task_graph ") + graphs::name_of(graph.pattern);
  if (graph.output_bytes != Graph().output_bytes) name += ", " + std::to_string(graph.output_bytes) + " B";
  bench.compare(name, static_cast<std::uint64_t>(graph.width), "us METG", 3,
                {{"MPI by hand", [&] { return metg_by_hand(bench, graph, iteration_seconds); }},
                 {"cohort", [&] { return metg_as_futures(bench, graph, iteration_seconds); }}});
}

}  // namespace

void task_graph(Bench& bench) {
  double iteration_seconds = graphs::seconds_per_iteration(kFirstIterations);
  MPI_Bcast(&iteration_seconds, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  for (const std::uint64_t width : bench.sizes({2, 8, 32, 128}, 32)) {
    compare(bench, {.pattern = Pattern::stencil_1d, .width = static_cast<int>(width)}, iteration_seconds);
  }
  for (const Pattern pattern : graphs::kAllPatterns) {
    if (pattern != Pattern::stencil_1d) compare(bench, {.pattern = pattern, .width = 8}, iteration_seconds);
  }
  compare(bench, {.pattern = Pattern::stencil_1d, .width = 8, .output_bytes = 64 << 10}, iteration_seconds);
}

}  // namespace bench
