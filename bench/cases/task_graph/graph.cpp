#include "cases/task_graph/graph.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "measure.hpp"

namespace bench::graphs {

namespace {

constexpr int kRadix = 5;  // of nearest and spread

[[noreturn]] void end_wrong(const char* what) {
  std::fprintf(stderr, "task_graph: %s\n", what);
  std::abort();
}

int log2_up(int width) {
  int bits = 0;
  while ((1 << bits) < width) ++bits;
  return bits;
}

/// One of four is kept. The finalizer of SplitMix64.
bool is_kept(int step, int point, int from) {
  auto x = static_cast<std::uint64_t>(step) << 40 ^ static_cast<std::uint64_t>(point) << 20 ^
           static_cast<std::uint64_t>(from);
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return ((x ^ x >> 31) & 3) == 0;
}

}  // namespace

const char* name_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::trivial:
      return "trivial";
    case Pattern::no_comm:
      return "no_comm";
    case Pattern::stencil_1d:
      return "stencil_1d";
    case Pattern::nearest:
      return "nearest";
    case Pattern::spread:
      return "spread";
    case Pattern::fft:
      return "fft";
    case Pattern::tree:
      return "tree";
    case Pattern::random_nearest:
      return "random_nearest";
    case Pattern::dom:
      return "dom";
  }
  return "";
}

int points_of(const Graph& graph, int step) {
  if (graph.pattern != Pattern::tree || step > 30) return graph.width;
  return std::min(graph.width, 1 << step);
}

std::int64_t task_count(const Graph& graph) {
  std::int64_t count = 0;
  for (int step = 0; step < graph.steps; ++step) count += points_of(graph, step);
  return count;
}

std::vector<int> inputs_of(const Graph& graph, int step, int point) {
  if (step == 0) return {};
  std::vector<int> from;
  const auto add_window = [&](int first, int last) {
    for (int i = std::max(0, first); i <= std::min(graph.width - 1, last); ++i) from.push_back(i);
  };
  switch (graph.pattern) {
    case Pattern::trivial:
      break;
    case Pattern::no_comm:
      from = {point};
      break;
    case Pattern::stencil_1d:
      add_window(point - 1, point + 1);
      break;
    case Pattern::nearest:
      add_window(point - kRadix / 2, point + (kRadix - 1) / 2);
      break;
    case Pattern::spread:
      for (int i = 0; i < kRadix; ++i) {
        from.push_back((point + i * graph.width / kRadix + (i > 0 ? step : 0)) % graph.width);
      }
      break;
    case Pattern::fft: {
      const int stages = log2_up(graph.width);
      const int distance = stages == 0 ? 0 : 1 << (step - 1) % stages;
      for (const int i : {point - distance, point, point + distance}) add_window(i, i);
      break;
    }
    // Once the tree is as wide as it gets, each point goes on from its own parent.
    case Pattern::tree:
      from = {std::min(point / 2, points_of(graph, step - 1) - 1)};
      break;
    case Pattern::random_nearest:
      add_window(point - kRadix / 2, point + (kRadix - 1) / 2);
      std::erase_if(from, [&](int i) { return !is_kept(step, point, i); });
      break;
    case Pattern::dom:
      add_window(point - 1, point);
      break;
  }
  std::sort(from.begin(), from.end());
  from.erase(std::unique(from.begin(), from.end()), from.end());
  return from;
}

double compute(int iterations) {
  constexpr int kElements = 64;
  double elements[kElements];
  for (int i = 0; i < kElements; ++i) elements[i] = 1.0 + i;
  for (int i = 0; i < iterations; ++i) {
    for (double& element : elements) element = element * 0.5 + 0.25;
  }
  double sum = 0;
  for (const double element : elements) sum += element;
  return sum;
}

double seconds_per_iteration(int iterations) {
  const auto start = std::chrono::steady_clock::now();
  volatile double result = compute(iterations);
  static_cast<void>(result);
  return seconds_since(start) / iterations;
}

void require_count(const std::vector<int>& expected, std::size_t count) {
  if (expected.size() != count) end_wrong("a task was given another number of inputs than its graph has");
}

void require_output(const Output& output, const Graph& graph, int step, int point) {
  if (output.size() * sizeof(output[0]) != graph.output_bytes) end_wrong("an input has another size");
  for (std::size_t i = 0; i + 1 < output.size(); i += 2) {
    if (output[i] != step || output[i + 1] != point) end_wrong("an input comes from another task");
  }
}

Output make_output(const Graph& graph, int step, int point) {
  volatile double result = compute(graph.iterations);
  static_cast<void>(result);
  Output output(graph.output_bytes / sizeof(Output::value_type));
  for (std::size_t i = 0; i + 1 < output.size(); i += 2) {
    output[i] = step;
    output[i + 1] = point;
  }
  return output;
}

}  // namespace bench::graphs
