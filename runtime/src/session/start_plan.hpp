#pragma once

#include <span>
#include <string>
#include <vector>

#include "session/rank_facts.hpp"

namespace cohort::session {

/// Slots of every rank: what it was told, or else what rank 0 was told, or else its host's cores divided among the
/// host's workers. Rank 0 runs no tasks unless it is alone or was
/// told how many at once, and takes no part.
std::vector<int> plan_slots(std::span<const RankFacts> ranks);

/// Where a rank's slots run.
struct SlotBinding {
  std::vector<CpuSet> slots;  ///< an empty set: not bound
  std::string why_not;        ///< if not every slot has cores of its own
};

/// As all ranks of its machine agree on it without a word, from the same facts. `topology`: of that machine.
SlotBinding plan_rank_binding(const Topology& topology, std::span<const RankFacts> ranks, std::span<const int> slots,
                              std::size_t rank);

/// Who sits where, a line for each slot; `bindings` by rank.
std::string draw_bindings(std::span<const RankFacts> ranks, std::span<const SlotBinding> bindings);

std::string to_text(const SlotBinding& binding);
SlotBinding binding_from(const std::string& text);

}  // namespace cohort::session
