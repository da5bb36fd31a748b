#include "options.hpp"

#include <sstream>

#include "flags/flags.hpp"
#include "point.hpp"

namespace {

FlagList all_flags() {
  FlagList flags;
  flags.add_text("input", "", "the points; without it they are generated", "FILE")
      .add_number("points", 1'000'000, "to generate")
      .add_number("dimensions", 3, "of the generated points")
      .add_number("clusters", 8, "to find, and to generate points in")
      .add_number("seed", 1, "another one generates other points, and starts with other centroids")
      .add_number("iterations", 100, "at most")
      .add_real("tolerance", 1e-4, "it ends when no centroid moves farther")
      .add_number("items", 0, "points, or lines, in one chunk; 0: from their number and that of the workers")
      .add_switch("check", "also compute it by a plain loop on rank 0, to which all points are brought, and compare");
  return flags;
}

}  // namespace

Options read_options(int argc, char** argv) {
  const Flags flags = all_flags().parse(argc, argv);
  Options options;
  options.points = flags.number("points", 1);
  options.dimensions = static_cast<std::size_t>(flags.number("dimensions", 1, kMostDimensions));
  options.clusters = static_cast<std::size_t>(flags.number("clusters", 1, 1'000'000));
  options.seed = static_cast<std::uint64_t>(flags.number("seed", 0));
  options.chunk_items = static_cast<std::size_t>(flags.number("items", 0));
  options.stop = {.tolerance = flags.real("tolerance"),
                  .iterations = static_cast<int>(flags.number("iterations", 1, 1'000'000))};
  if (options.stop.tolerance < 0) throw WrongUse("--tolerance must be 0 or more");
  options.check = flags.is_given("check");
  options.help = flags.is_given("help");
  if (flags.is_given("input")) {
    for (const char* flag : {"points", "dimensions"}) {
      if (flags.is_given(flag)) throw WrongUse("--" + std::string(flag) + " is for generated points, not for --input");
    }
    options.input = flags.text("input");
  }
  return options;
}

std::string help_text() {
  std::ostringstream text;
  text << "kmeans [flags]\n"
          "Finds the centroids of clusters among points by the method of Lloyd. The points stay on the workers: in "
          "each\n"
          "iteration the centroids go there, and for each cluster a sum and a number come back.\n\n"
          "A file of points has numbers with commas between them, as many in each line, at most "
       << kMostDimensions
       << "; a header and\nempty lines are passed over. How points are cut into chunks can change the last digits of "
          "the sums, "
          "and so a\ncentroid's: for the same bits on any number of workers, give --items.\n\n"
          "Exit code: 0; 1 if the points cannot be used, or --check finds a difference; 2 for a wrong flag or path.\n\n"
       << all_flags().description() << "\nFor the runtime's own flags: --cohort-help\n";
  return text.str();
}
