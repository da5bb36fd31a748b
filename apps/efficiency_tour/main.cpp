/// Shows, on the machine it runs on, what the advice for efficient use of a cluster is worth: for each piece of it the
/// slow way and the fast way side by side.

#include <algorithm>
#include <cohort/cohort.hpp>
#include <cstdio>
#include <string>
#include <string_view>

#include "adjust.hpp"
#include "adjustable_tasks.hpp"
#include "dont_distribute.hpp"
#include "flags/flags.hpp"
#include "larger_tasks.hpp"
#include "leave_data.hpp"
#include "options.hpp"

namespace {

void tour(cohort::Client& client, const Options& options, const char* program) {
  const bool over_ranks = client.submit([] {}).where() != 0;  // in local mode rank 0 is the worker
  if (!over_ranks) {
    std::printf("There is one rank only, so rank 0 is its own worker and what needs several ranks is left out.\n");
    std::printf("To see it:  mpirun -n 3 %s\n\n", program);
  }
  std::string seen = tour_leave_data(client, options);
  std::printf("\n");
  seen += " " + tour_dont_distribute(client, over_ranks, options);
  std::printf("\n");
  seen += " " + tour_larger_tasks(client, options);
  std::printf("\nWhat was seen: %s\n", seen.c_str());
}

/// Outside of any run: it starts runs of this program, which need all CPUs for themselves.
int adjust(const Options& options, const char* program) try {
  const std::string seen = tour_adjust(options, program);
  std::printf("\nWhat was seen: %s\n", seen.c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "efficiency_tour: %s\n", error.what());
  return 1;
}

bool is_adjust(const char* argument) { return std::string_view(argument) == "--adjust"; }

}  // namespace

int main(int argc, char** argv) {
  if (std::any_of(argv, argv + argc, is_adjust)) {
    try {
      const Options options = read_options(argc, argv);
      if (!options.help) return adjust(options, argv[0]);
    } catch (const WrongUse& wrong) {
      std::fprintf(stderr, "efficiency_tour: %s (see --help)\n", wrong.what());
      return 2;
    }
  }
  return cohort::run(argc, argv, [&](cohort::Client& client) {
    try {
      const Options options = read_options(argc, argv);
      if (options.help) {
        std::printf("%s", help_text().c_str());
      } else if (!options.task.empty()) {
        const std::uint64_t sum = adjustable_task(options.task).run(client, options.tasks, options.largest_bytes);
        std::printf("%llu\n", static_cast<unsigned long long>(sum));
      } else {
        tour(client, options, argv[0]);
      }
      return 0;
    } catch (const WrongUse& wrong) {
      std::fprintf(stderr, "efficiency_tour: %s (see --help)\n", wrong.what());
      return 2;
    }
  });
}
