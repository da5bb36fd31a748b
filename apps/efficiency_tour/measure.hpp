#pragma once

#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdint>
#include <functional>
#include <vector>

using Seconds = std::chrono::duration<double>;

/// What one way of doing something costs.
struct Cost {
  Seconds time{};
  std::uint64_t bytes_to_rank_0 = 0;
  std::uint64_t messages = 0;  ///< from and to rank 0
};

/// Runs the ways in turn, `turns` times, so that whatever disturbs one disturbs all; short ones several times in a
/// turn. Returns the median cost of each.
std::vector<Cost> measure(cohort::Client& client, int turns, const std::vector<std::function<void()>>& ways);
