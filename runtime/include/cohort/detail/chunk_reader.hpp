#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cohort/detail/chunk.hpp"
#include "cohort/detail/chunk_maker.hpp"
#include "cohort/detail/typed_reader.hpp"

namespace cohort::detail {

/// Brings the chunks of a collection here, in order, a few ahead of the one that is read.
template <class T>
class ChunkReader {
 public:
  explicit ChunkReader(CollectionHandle collection) : collection_(std::move(collection)) {}

  /// Waits; nothing after the last. Throws the chunk's failure; the next call is about the one after it.
  std::optional<Chunk<T>> next() {
    if (at_ == window_.size()) refill();
    if (window_.empty()) return std::nullopt;
    TypedReader<Chunk<T>> reader;
    prefetch_->read(at_++, reader);
    return reader.take();
  }

 private:
  static constexpr std::size_t kWindow = 8;

  void refill() {
    prefetch_.reset();
    window_.clear();
    states_.clear();
    at_ = 0;
    while (window_.size() < kWindow) {
      // Waits for the first only: the others are taken along if they are cut.
      FutureHandle chunk = window_.empty() ? next_chunk(*collection_, next_) : cut_chunk(*collection_, next_);
      if (!chunk) break;
      states_.push_back(chunk.get());
      window_.push_back(std::move(chunk));
      ++next_;
    }
    prefetch_ = std::make_unique<Prefetch>(states_);
  }

  CollectionHandle collection_;
  std::size_t next_ = 0;  ///< the first chunk that is not in the window
  std::vector<FutureHandle> window_;
  std::vector<const FutureState*> states_;  ///< of the window
  std::size_t at_ = 0;
  std::unique_ptr<Prefetch> prefetch_;
};

}  // namespace cohort::detail
