#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "philox.hpp"

struct RandomPair {
  double a = 0;
  double b = 0;
};

/// Two numbers of the open interval (0, 1): those of `index` in one of the streams of a seed.
constexpr RandomPair uniform_pair(std::uint64_t seed, std::uint64_t index, std::uint64_t stream = 0) {
  const auto high = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); };
  const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
  const PhiloxCounter bits = philox({low(index), high(index), low(stream), high(stream)}, {low(seed), high(seed)});
  // The middles of 2^52 intervals: with one bit more, the last would round to 1.
  const auto to_double = [](std::uint64_t upper, std::uint64_t lower) {
    return (static_cast<double>((upper << 32 | lower) >> 12) + 0.5) * 0x1p-52;
  };
  return {to_double(bits[1], bits[0]), to_double(bits[3], bits[2])};
}

/// The greatest amount a normal number below can have.
inline const double kGreatestNormal = std::sqrt(2 * 53 * std::numbers::ln2);

/// Two independent normal numbers of mean 0 and variance 1 (Box and Muller).
inline RandomPair normal_pair(std::uint64_t seed, std::uint64_t index, std::uint64_t stream = 0) {
  const RandomPair uniform = uniform_pair(seed, index, stream);
  const double radius = std::sqrt(-2 * std::log(uniform.a));
  const double angle = 2 * std::numbers::pi * uniform.b;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}
