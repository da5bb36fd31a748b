#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// The graphs of Task Bench (Slaughter et al., "Task Bench: A Parameterized Benchmark for Evaluating Parallel Runtime
/// Performance", SC'20, section 2): steps of `width` points, each a task that needs outputs of the step before.
namespace bench::graphs {

enum class Pattern { trivial, no_comm, stencil_1d, nearest, spread, fft, tree, random_nearest, dom };

inline constexpr Pattern kAllPatterns[] = {Pattern::trivial, Pattern::no_comm,        Pattern::stencil_1d,
                                           Pattern::nearest, Pattern::spread,         Pattern::fft,
                                           Pattern::tree,    Pattern::random_nearest, Pattern::dom};
const char* name_of(Pattern pattern);

struct Graph {
  Pattern pattern = Pattern::trivial;
  int width = 1;
  int steps = 1;
  int iterations = 0;             ///< of the kernel, in each task
  std::size_t output_bytes = 16;  ///< of each task; 16 or more, a multiple of 4
};

/// Points 0 to this one - 1 exist: all of them, but in the first steps of a tree.
int points_of(const Graph& graph, int step);
std::int64_t task_count(const Graph& graph);
/// The points of step - 1 whose outputs a task needs, in ascending order; none in step 0.
std::vector<int> inputs_of(const Graph& graph, int step, int point);

/// Where it comes from, over and over: step, point, step, point, …
using Output = std::vector<std::int32_t>;

/// The kernel: 64 multiplications with additions in each iteration. Returns what nobody can know without computing it.
double compute(int iterations);
/// What one of so many takes now, on this thread.
double seconds_per_iteration(int iterations);

/// A task: ends the program unless each input comes from where it should; computes; makes its output.
/// `input(k)`: the k-th of inputs_of().
template <class Input>
Output run_task(const Graph& graph, int step, int point, std::size_t input_count, const Input& input);

/// The parts of run_task() that do not depend on how inputs are kept.
void require_output(const Output& output, const Graph& graph, int step, int point);
void require_count(const std::vector<int>& expected, std::size_t count);
Output make_output(const Graph& graph, int step, int point);

template <class Input>
Output run_task(const Graph& graph, int step, int point, std::size_t input_count, const Input& input) {
  const std::vector<int> expected = inputs_of(graph, step, point);
  require_count(expected, input_count);
  for (std::size_t k = 0; k < input_count; ++k) require_output(input(k), graph, step - 1, expected[k]);
  return make_output(graph, step, point);
}

}  // namespace bench::graphs
