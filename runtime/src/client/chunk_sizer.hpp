#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/time.hpp"
#include "cohort/detail/chunk_maker.hpp"
#include "cohort/types.hpp"

namespace cohort::detail {

using base::Time;

/// Chooses how many elements the next chunk of a range gets, and whether it is time to cut it. Same calls, same
/// answers: no clock, no input or output.
///
/// Chunks are large enough that what the runtime costs for one does not matter, small enough that there are a few
/// thousand of them, and shrink with what is left: guided self-scheduling (Polychronopoulos and Kuck, IEEE Trans.
/// Computers C-36(12), 1987), with a share of what is left as in factoring (Hummel, Schonberg, Flynn, CACM 35(8),
/// 1992). What an element costs is measured on the first chunks, which start small and grow, and followed from then on.
class ChunkSizer {
 public:
  ChunkSizer(const CutPlan& plan, int slots);

  /// Elements of the next chunk, at most; 0: enough chunks are under way. `left`: elements not cut yet; nullopt:
  /// unknown.
  std::size_t next(std::optional<std::size_t> left) const;
  /// The same for one that is cut at once, since its layout was asked for.
  std::size_t next_now(std::optional<std::size_t> left) const;

  /// `items` 0: a chunk of another size, which was not chosen here.
  void on_cut(std::size_t items);
  /// One of on_cut's. `duration` zero: it failed, which tells nothing.
  void on_ended(std::size_t items, Time duration, std::uint64_t value_bytes);

  /// What a chunk is thought to take; zero: nothing was measured.
  Time expected(std::size_t items) const;
  std::size_t under_way() const { return under_way_; }
  /// All but `complete`.
  ChunkingReport report() const;

 private:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  std::size_t chosen(std::optional<std::size_t> left) const;
  std::size_t items_within(Time time) const;
  std::size_t most_under_way() const;

  const CutPlan plan_;
  const std::size_t slots_;
  std::size_t under_way_ = 0;
  std::size_t chunks_ = 0;
  std::size_t least_items_ = 0;
  std::size_t most_items_ = 0;
  std::size_t last_items_ = 0;
  std::size_t most_measured_ = 0;  ///< elements in the largest chunk that was measured
  double element_ns_ = 0;          ///< lately
  double chunk_ns_ = 0;            ///< lately
  double element_bytes_ = 0;       ///< of what is made of one, lately
};

}  // namespace cohort::detail
