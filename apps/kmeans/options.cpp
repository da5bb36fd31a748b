#include "options.hpp"

#include <boost/program_options.hpp>
#include <cmath>
#include <limits>
#include <sstream>

#include "point.hpp"

namespace po = boost::program_options;

namespace {

auto number(long standard) { return po::value<long>()->default_value(standard)->value_name("N"); }

po::options_description all_options() {
  po::options_description options("Flags");
  options.add_options()                                                                                      //
      ("help", "print this and end")                                                                         //
      ("input", po::value<std::string>()->value_name("FILE"), "the points; without it they are generated")   //
      ("points", number(1'000'000), "to generate")                                                           //
      ("dimensions", number(3), "of the generated points")                                                   //
      ("clusters", number(8), "to find, and to generate points in")                                          //
      ("seed", number(1), "another one generates other points, and starts with other centroids")             //
      ("iterations", number(100), "at most")                                                                 //
      ("tolerance", po::value<double>()->default_value(1e-4, "1e-4")->value_name("X"),                       //
       "it ends when no centroid moves farther")                                                             //
      ("items", number(0), "points, or lines, in one chunk; 0: from their number and that of the workers")   //
      ("check", "also compute it by a plain loop on rank 0, to which all points are brought, and compare");  //
  return options;
}

po::variables_map parse(int argc, char** argv) try {
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv)
                .options(all_options())
                .positional(po::positional_options_description())  // none
                .run(),
            values);
  return values;
} catch (const po::error& error) {
  throw WrongUse(error.what());
}

long within(long least, long most, const char* flag, const po::variables_map& values) {
  const long value = values[flag].as<long>();
  if (least <= value && value <= most) return value;
  const std::string range = most == std::numeric_limits<long>::max()
                                ? std::to_string(least) + " or more"
                                : std::to_string(least) + " to " + std::to_string(most);
  throw WrongUse("--" + std::string(flag) + " must be " + range);
}
long at_least(long least, const char* flag, const po::variables_map& values) {
  return within(least, std::numeric_limits<long>::max(), flag, values);
}

}  // namespace

Options read_options(int argc, char** argv) {
  const po::variables_map values = parse(argc, argv);
  Options options;
  options.points = at_least(1, "points", values);
  options.dimensions = static_cast<std::size_t>(within(1, kMostDimensions, "dimensions", values));
  options.clusters = static_cast<std::size_t>(within(1, 1'000'000, "clusters", values));
  options.seed = static_cast<std::uint64_t>(at_least(0, "seed", values));
  options.chunk_items = static_cast<std::size_t>(at_least(0, "items", values));
  options.stop = {.tolerance = values["tolerance"].as<double>(),
                  .iterations = static_cast<int>(within(1, 1'000'000, "iterations", values))};
  if (!(options.stop.tolerance >= 0)) throw WrongUse("--tolerance must be 0 or more");
  options.check = values.count("check") != 0;
  options.help = values.count("help") != 0;
  if (values.count("input") != 0) {
    for (const char* flag : {"points", "dimensions"}) {
      if (!values[flag].defaulted())
        throw WrongUse("--" + std::string(flag) + " is for generated points, not for --input");
    }
    options.input = values["input"].as<std::string>();
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
       << all_options() << "\nFor the runtime's own flags: --cohort-help\n";
  return text.str();
}
