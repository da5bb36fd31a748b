#include <mpi.h>

#include <set>
#include <utility>
#include <vector>

#include "cases/plain_mpi.hpp"
#include "cases/task_graph/runs.hpp"

namespace bench::graphs {

namespace {

/// An output of the step before that goes from rank to rank.
struct Transfer {
  int point;
  int rank;  ///< the other one
};

/// What one rank does in a step.
struct Plan {
  std::vector<Transfer> sends;
  std::vector<Transfer> receives;
  std::vector<int> points;
};

/// One rank's part of a graph: a block of the points. All of it is planned before it runs.
class Part {
 public:
  Part(const Graph& graph, int rank, int first, int ranks)
      : graph_(graph), first_(first), workers_(ranks - first), self_(rank) {
    for (int step = 0; step < graph_.steps; ++step) plans_.push_back(plan_of(step));
    for (auto* outputs : {&before_, &now_}) outputs->resize(static_cast<std::size_t>(graph_.width));
  }

  void run() {
    std::vector<MPI_Request> sends;
    std::vector<MPI_Request> receives;
    const auto count = static_cast<int>(graph_.output_bytes / sizeof(Output::value_type));
    for (int step = 0; step < graph_.steps; ++step) {
      const Plan& plan = plans_[static_cast<std::size_t>(step)];
      receives.clear();
      for (const Transfer& transfer : plan.receives) {
        Output& into = at(before_, transfer.point);
        into.resize(static_cast<std::size_t>(count));
        MPI_Irecv(into.data(), count, MPI_INT32_T, transfer.rank, transfer.point, MPI_COMM_WORLD,
                  &receives.emplace_back());
      }
      sends.clear();
      for (const Transfer& transfer : plan.sends) {
        MPI_Isend(at(before_, transfer.point).data(), count, MPI_INT32_T, transfer.rank, transfer.point, MPI_COMM_WORLD,
                  &sends.emplace_back());
      }
      MPI_Waitall(static_cast<int>(receives.size()), receives.data(), MPI_STATUSES_IGNORE);
      for (const int point : plan.points) run_point(step, point);
      MPI_Waitall(static_cast<int>(sends.size()), sends.data(), MPI_STATUSES_IGNORE);
      before_.swap(now_);
    }
  }

 private:
  int owner(int point) const {
    return first_ + static_cast<int>(static_cast<std::int64_t>(point) * workers_ / graph_.width);
  }
  static Output& at(std::vector<Output>& outputs, int point) { return outputs[static_cast<std::size_t>(point)]; }

  /// Each output once to each rank that needs it.
  Plan plan_of(int step) const {
    Plan plan;
    std::set<std::pair<int, int>> planned;  // point, rank that needs it
    for (int point = 0; point < points_of(graph_, step); ++point) {
      const int to = owner(point);
      if (to == self_) plan.points.push_back(point);
      for (const int from : inputs_of(graph_, step, point)) {
        const int holder = owner(from);
        if (holder == to || (holder != self_ && to != self_) || !planned.emplace(from, to).second) continue;
        if (to == self_) {
          plan.receives.push_back({from, holder});
        } else {
          plan.sends.push_back({from, to});
        }
      }
    }
    return plan;
  }

  void run_point(int step, int point) {
    const std::vector<int> from = inputs_of(graph_, step, point);
    at(now_, point) = run_task(graph_, step, point, from.size(),
                               [&](std::size_t k) -> const Output& { return at(before_, from[k]); });
  }

  const Graph graph_;
  const int first_;
  const int workers_;
  const int self_;
  std::vector<Plan> plans_;
  std::vector<Output> before_;
  std::vector<Output> now_;
};

}  // namespace

double run_by_hand(const Graph& graph, MPI_Comm group, int rank, int first, int ranks) {
  Part part(graph, rank, first, ranks);
  return seconds_from_common_start(group, [&] { part.run(); });
}

double iteration_seconds_by_hand(MPI_Comm group, int iterations) {
  MPI_Barrier(group);
  const double mine = seconds_per_iteration(iterations);
  double sum = 0;
  MPI_Allreduce(&mine, &sum, 1, MPI_DOUBLE, MPI_SUM, group);
  int size = 0;
  MPI_Comm_size(group, &size);
  return sum / size;
}

}  // namespace bench::graphs
