#pragma once

#include "estimate.hpp"

/// The right to buy something at a fixed price on a certain day (a European call), in the model of Black and Scholes.
struct CallOption {
  double spot = 0;        ///< what the thing costs now, > 0
  double strike = 0;      ///< what it may be bought for, > 0
  double rate = 0;        ///< of interest per year, continuously compounded
  double volatility = 0;  ///< per square root of a year, > 0
  double maturity = 0;    ///< years from now, > 0
};

/// Whether its price can be computed in doubles.
bool is_computable(const CallOption& option);

/// Black, Scholes: "The pricing of options and corporate liabilities", J. Political Economy 81(3), 1973.
double closed_form_price(const CallOption& option);

/// The mean of what it would bring in simulated futures.
Estimate estimate_price(cohort::Client& client, const CallOption& option, const Sampling& sampling);
