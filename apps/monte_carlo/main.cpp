/// Estimates pi and the price of an option by Monte Carlo: samples are made where they are used, and only sums travel.

#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdio>

#include "call_option.hpp"
#include "flags/flags.hpp"
#include "options.hpp"
#include "pi.hpp"

namespace {

using Seconds = std::chrono::duration<double>;

void print(const char* what, const Estimate& estimate) {
  std::printf("%-12s %20.12f +- %.12f (95 %%)\n", what, estimate.value, estimate.half_width);
}

void estimate_and_print(cohort::Client& client, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  print("pi", estimate_pi(client, options.sampling));
  print("call option", estimate_price(client, options.option, options.sampling));
  const Seconds time = std::chrono::steady_clock::now() - start;

  std::printf("%-12s %20.12f\n", "closed form", closed_form_price(options.option));
  std::printf("%-12s %20ld of each\n", "samples", options.sampling.samples);
  std::printf("%-12s %20.3f s (workers: %d, slots: %d)\n", "time", time.count(), client.worker_count(),
              client.slot_count());
}

}  // namespace

int main(int argc, char** argv) {
  return cohort::run(argc, argv, [&](cohort::Client& client) {
    try {
      const Options options = read_options(argc, argv);
      if (options.help) {
        std::printf("%s", help_text().c_str());
      } else {
        estimate_and_print(client, options);
      }
      return 0;
    } catch (const WrongUse& wrong) {
      std::fprintf(stderr, "monte_carlo: %s (see --help)\n", wrong.what());
      return 2;
    }
  });
}
