#pragma once

#include <array>
#include <cstdint>

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

/// Philox4x32-10: random bits that depend on a counter and a key alone, so that each sample has its own, whoever
/// computes it and when. Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC'11.
constexpr PhiloxCounter philox(PhiloxCounter counter, PhiloxKey key) {
  constexpr int kRounds = 10;
  constexpr std::uint64_t kFactors[] = {0xD2511F53, 0xCD9E8D57};
  constexpr std::uint32_t kKeySteps[] = {0x9E3779B9, 0xBB67AE85};
  const auto high = [](std::uint64_t product) { return static_cast<std::uint32_t>(product >> 32); };
  const auto low = [](std::uint64_t product) { return static_cast<std::uint32_t>(product); };
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t a = kFactors[0] * counter[0];
    const std::uint64_t b = kFactors[1] * counter[2];
    counter = {high(b) ^ counter[1] ^ key[0], low(b), high(a) ^ counter[3] ^ key[1], low(a)};
    key = {key[0] + kKeySteps[0], key[1] + kKeySteps[1]};
  }
  return counter;
}
