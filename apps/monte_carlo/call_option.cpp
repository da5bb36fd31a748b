#include "call_option.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <ranges>

#include "moments.hpp"
#include "random_pair.hpp"

namespace {

constexpr std::uint64_t kStream = 1;

double standard_deviation(const CallOption& option) { return option.volatility * std::sqrt(option.maturity); }
double discounted_strike(const CallOption& option) { return option.strike * std::exp(-option.rate * option.maturity); }

/// What the thing will cost on the day, in today's money, if chance falls `normal` standard deviations from its mean.
double discounted_cost(const CallOption& option, double normal) {
  const double deviation = standard_deviation(option);
  return option.spot * std::exp(deviation * (normal - deviation / 2));
}

/// More than the option can bring in any sample.
double greatest_payoff(const CallOption& option) { return 2 * discounted_cost(option, kGreatestNormal); }

/// What the option brings in one sample, as the units of Moments.
struct Payoff {
  CallOption option;
  double strike;  ///< discounted
  double scale;
  std::uint64_t seed;

  explicit Payoff(const CallOption& of, std::uint64_t with_seed)
      : option(of), strike(discounted_strike(of)), scale(greatest_payoff(of)), seed(with_seed) {}

  std::uint64_t operator()(long sample) const {
    const double normal = normal_pair(seed, static_cast<std::uint64_t>(sample), kStream).a;
    return Moments::units_of(std::max(0.0, discounted_cost(option, normal) - strike), scale);
  }
};

double normal_distribution(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

}  // namespace

bool is_computable(const CallOption& option) {
  return std::isfinite(discounted_strike(option)) && std::isnormal(greatest_payoff(option)) &&
         std::isnormal(standard_deviation(option));
}

double closed_form_price(const CallOption& option) {
  const double deviation = standard_deviation(option);
  const double strike = discounted_strike(option);
  const double d = std::log(option.spot / strike) / deviation;
  return option.spot * normal_distribution(d + deviation / 2) - strike * normal_distribution(d - deviation / 2);
}

Estimate estimate_price(cohort::Client& client, const CallOption& option, const Sampling& sampling) {
  const auto add_units = [](Moments& moments, std::uint64_t units) { moments.add(units); };
  const auto add_both = [](Moments a, const Moments& b) {
    a.add(b);
    return a;
  };
  const Payoff payoff(option, sampling.seed);
  const Moments moments = client.map(payoff, std::views::iota(0L, sampling.samples), sampling.chunking)
                              .reduce(Moments(), add_units, add_both)
                              .result();
  return {moments.mean(payoff.scale), kErrorsOf95Percent * moments.standard_error(payoff.scale)};
}
