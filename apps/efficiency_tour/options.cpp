#include "options.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

namespace po = boost::program_options;

namespace {

constexpr std::size_t kMinBytes = 1024;

po::options_description all_options() {
  po::options_description options("Flags");
  options.add_options()               //
      ("help", "print this and end")  //
      ("largest", po::value<std::string>()->default_value("256M")->value_name("SIZE"),
       "largest matrix: bytes, or with K, M or G behind; takes twice as much memory")  //
      ("turns", po::value<int>()->default_value(5)->value_name("N"), "in which each way runs; medians are shown");
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

std::size_t parse_size(const std::string& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string unit = text.substr(digits);
  const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (digits == 0 || digits > 10 || shift < 0) {
    throw WrongUse("'" + text + "' is no size; give it as in 64K, 256M or 1G");
  }
  const std::size_t bytes = std::stoull(text.substr(0, digits)) << shift;
  if (bytes < kMinBytes) throw WrongUse("--largest must be 1K or more");
  return bytes;
}

}  // namespace

Options read_options(int argc, char** argv) {
  const po::variables_map values = parse(argc, argv);
  const int turns = values["turns"].as<int>();
  if (turns < 1) throw WrongUse("--turns must be 1 or more");
  return {.largest_bytes = parse_size(values["largest"].as<std::string>()),
          .turns = turns,
          .help = values.count("help") != 0};
}

std::string help_text() {
  std::ostringstream text;
  text << "efficiency_tour [flags]\n"
          "Shows what three pieces of advice are worth on this machine: leave data on the cluster; don't go\n"
          "distributed when one machine will do; use larger tasks. For each it runs the slow way and the fast way\n"
          "side by side and prints what they cost.\n\n"
          "On a cluster, or to see several ranks on one machine:  mpirun -n 3 efficiency_tour\n\n"
       << all_options() << "\nFor the runtime's own flags: --cohort-help\n";
  return text.str();
}
