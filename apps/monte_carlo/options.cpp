#include "options.hpp"

#include <sstream>

#include "flags/flags.hpp"

namespace {

FlagList all_flags() {
  FlagList flags;
  flags.add_number("samples", 10'000'000, "for each of the two, 2 or more")
      .add_number("seed", 2, "another one gives other samples; 0 or more")
      .add_number("items", 0, "samples in one chunk; 0: chosen by itself")
      .add_real("spot", 100, "price today of what the option is on")
      .add_real("strike", 100, "price at which it may be bought")
      .add_real("rate", 0.05, "interest per year, continuously compounded")
      .add_real("volatility", 0.2, "of the price, per square root of a year")
      .add_real("maturity", 1, "until the day on which the option can be used", "YEARS");
  return flags;
}

}  // namespace

Options read_options(int argc, char** argv) {
  const Flags flags = all_flags().parse(argc, argv);
  Options options;
  options.sampling = {.samples = flags.number("samples", 2),
                      .seed = static_cast<std::uint64_t>(flags.number("seed", 0)),
                      .chunking = {static_cast<std::size_t>(flags.number("items", 0))}};
  options.option = {.spot = flags.positive("spot"),
                    .strike = flags.positive("strike"),
                    .rate = flags.real("rate"),
                    .volatility = flags.positive("volatility"),
                    .maturity = flags.positive("maturity")};
  if (!is_computable(options.option)) throw WrongUse("the option's numbers are too large or too small to compute with");
  options.help = flags.is_given("help");
  return options;
}

std::string help_text() {
  std::ostringstream text;
  text << "monte_carlo [flags]\n"
          "Estimates pi, and the price of a European call option in the model of Black and Scholes, on all workers. A\n"
          "sample's random numbers follow from its index and the seed, and samples are added up as integers: what is\n"
          "printed is the same, to the last digit, for any number of ranks and threads and any size of the chunks.\n\n"
          "Exit code: 0; 2 for a wrong flag.\n\n"
       << all_flags().description() << "\nFor the runtime's own flags: --cohort-help\n";
  return text.str();
}
