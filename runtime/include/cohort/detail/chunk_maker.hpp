#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <typeinfo>
#include <utility>
#include <vector>

#include "cohort/detail/core.hpp"
#include "cohort/types.hpp"

/// A collection without types: a list of chunks, cut from a range or made of other collections' chunks.
namespace cohort::detail {

class ChunkList;

/// The hold that all copies of one collection have on its chunks together.
class CollectionState {
 public:
  explicit CollectionState(std::shared_ptr<ChunkList> chunks) : list(std::move(chunks)) {}
  CollectionState(const CollectionState&) = delete;
  CollectionState& operator=(const CollectionState&) = delete;
  ~CollectionState();

  const std::shared_ptr<ChunkList> list;
};

using CollectionHandle = std::shared_ptr<const CollectionState>;

/// Not known without asking the workers.
inline constexpr std::size_t kUnknownCount = SIZE_MAX;

/// One chunk: the call that computes it.
struct Cut {
  CallRequest request;
  std::size_t items = kUnknownCount;  ///< elements it will have
  std::size_t source_items = 0;       ///< elements of the range that went into it
};

/// Makes the calls that compute the chunks of a collection, from the first on. Used by one thread at a time, without a
/// lock of the core.
class ChunkMaker {
 public:
  virtual ~ChunkMaker() = default;
};

/// Cuts a range.
class RangeMaker : public ChunkMaker {
 public:
  /// Elements that were not cut yet; nullopt: only reading on will tell.
  virtual std::optional<std::size_t> left() const = 0;
  /// The next chunk, of at most `items` >= 1 elements; none: there are no more. Throws what the range throws.
  virtual std::optional<Cut> cut(std::size_t items) = 0;
  /// Runs the program's own iterators: to be called on its own threads only.
  virtual bool reads() const = 0;
};

/// Makes the i-th chunk of the i-th chunks of other collections.
class FollowingMaker : public ChunkMaker {
 public:
  virtual std::vector<CollectionHandle>& parents() = 0;
  /// `chunks`: one of each parent. `items`, `first`: elements in the first parent's chunk, and before it;
  /// kUnknownCount.
  virtual Cut follow(std::vector<FutureHandle> chunks, std::size_t items, std::size_t first) = 0;
};

/// How a range is to be cut.
struct CutPlan {
  Chunking chunking = {};
  std::optional<std::size_t> total = {};
  /// What one element brings along from rank 0, in bytes; 0: nothing.
  std::size_t element_bytes = 0;
  /// `chunking` is no wish of the program's.
  bool chosen_by_bytes = false;
  /// Nor was it the program's, but a setting of the run.
  bool set_from_outside = false;
};

// All of these throw UsageError once the client has ended.

/// `made`: chunks that come before those of `maker`.
CollectionHandle make_collection(const std::shared_ptr<Core>& core, std::unique_ptr<RangeMaker> maker,
                                 const CutPlan& plan, std::vector<Cut> made = {});
CollectionHandle make_collection(const std::shared_ptr<Core>& core, std::unique_ptr<FollowingMaker> maker,
                                 std::vector<Cut> made = {});
CollectionHandle make_collection(const std::shared_ptr<Core>& core, std::vector<FutureHandle> chunks);

/// What was taken out of a collection that nobody else holds, so that another step can be added before it runs.
struct TakenMaker {
  std::unique_ptr<ChunkMaker> maker;
  CutPlan plan;
  std::vector<FutureHandle> chunks;  ///< that were submitted already
  std::vector<std::size_t> items;    ///< elements of each; kUnknownCount
};
/// Empty if others hold it too, it is all submitted, or its maker is of another type. Afterwards the collection is
/// empty.
std::optional<TakenMaker> take_maker(const CollectionHandle& collection, const std::type_info& maker_type);

const std::shared_ptr<Core>& core_of(const CollectionState& collection);
/// Fixes the layout: what is not cut is cut now; reads a source to its end.
std::size_t chunk_count(const CollectionState& collection);
/// Waits until the chunk is cut; null: there are not so many.
FutureHandle next_chunk(const CollectionState& collection, std::size_t index);
/// Null: it is not cut, or there are not so many.
FutureHandle cut_chunk(const CollectionState& collection, std::size_t index);
/// Elements in each chunk, as far as they are known without asking. Fixes the layout.
std::vector<std::size_t> known_sizes(const CollectionState& collection);
void remember_sizes(const CollectionState& collection, std::vector<std::size_t> sizes);
/// Failures among the chunks, now or later, count as seen.
void look_at_all(const CollectionState& collection);
ChunkingReport chunking_report(const CollectionState& collection);

/// The calls of a reduction.
class ReductionCalls {
 public:
  virtual ~ReductionCalls() = default;
  /// Of several partial results, in order: one.
  virtual CallRequest combine(std::vector<FutureHandle> parts) = 0;
  /// Of what is left, or of nothing: the result.
  virtual CallRequest last(std::vector<FutureHandle> parts) = 0;
};
/// The future of the result; its chunks are the partial results, combined in a tree that depends on their number alone.
FutureHandle reduce_chunks(CollectionHandle partial, std::unique_ptr<ReductionCalls> calls);

}  // namespace cohort::detail
