#include "options.hpp"

#include <boost/program_options.hpp>
#include <cmath>
#include <sstream>

namespace po = boost::program_options;

namespace {

template <class T>
auto number(T standard, const char* name) {
  std::ostringstream shown;
  shown << standard;
  return po::value<T>()->default_value(standard, shown.str())->value_name(name);
}

po::options_description all_options() {
  po::options_description options("Flags");
  options.add_options()                                                                     //
      ("help", "print this and end")                                                        //
      ("samples", number(10'000'000L, "N"), "for each of the two, 2 or more")               //
      ("seed", number(2L, "N"), "another one gives other samples; 0 or more")               //
      ("items", number(0L, "N"), "samples in one chunk; 0: chosen by itself")               //
      ("spot", number(100.0, "X"), "price today of what the option is on")                  //
      ("strike", number(100.0, "X"), "price at which it may be bought")                     //
      ("rate", number(0.05, "X"), "interest per year, continuously compounded")             //
      ("volatility", number(0.2, "X"), "of the price, per square root of a year")           //
      ("maturity", number(1.0, "YEARS"), "until the day on which the option can be used");  //
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

long at_least(long least, const char* flag, const po::variables_map& values) {
  const long value = values[flag].as<long>();
  if (value < least) throw WrongUse("--" + std::string(flag) + " must be " + std::to_string(least) + " or more");
  return value;
}

double positive(const char* flag, const po::variables_map& values) {
  const double value = values[flag].as<double>();
  if (!(value > 0) || std::isinf(value)) throw WrongUse("--" + std::string(flag) + " must be a number greater than 0");
  return value;
}

double finite(const char* flag, const po::variables_map& values) {
  const double value = values[flag].as<double>();
  if (!std::isfinite(value)) throw WrongUse("--" + std::string(flag) + " must be a finite number");
  return value;
}

}  // namespace

Options read_options(int argc, char** argv) {
  const po::variables_map values = parse(argc, argv);
  Options options;
  options.sampling = {.samples = at_least(2, "samples", values),
                      .seed = static_cast<std::uint64_t>(at_least(0, "seed", values)),
                      .chunking = {static_cast<std::size_t>(at_least(0, "items", values))}};
  options.option = {.spot = positive("spot", values),
                    .strike = positive("strike", values),
                    .rate = finite("rate", values),
                    .volatility = positive("volatility", values),
                    .maturity = positive("maturity", values)};
  if (!is_computable(options.option)) throw WrongUse("the option's numbers are too large or too small to compute with");
  options.help = values.count("help") != 0;
  return options;
}

std::string help_text() {
  std::ostringstream text;
  text << "monte_carlo [flags]\n"
          "Estimates pi, and the price of a European call option in the model of Black and Scholes, on all workers. A\n"
          "sample's random numbers follow from its index and the seed, and samples are added up as integers: what is\n"
          "printed is the same, to the last digit, for any number of ranks and threads and any size of the chunks.\n\n"
          "Exit code: 0; 2 for a wrong flag.\n\n"
       << all_options() << "\nFor the runtime's own flags: --cohort-help\n";
  return text.str();
}
