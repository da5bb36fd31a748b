#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "cohort/detail/call_request.hpp"
#include "cohort/detail/chunk_maker.hpp"
#include "cohort/detail/range_source.hpp"
#include "cohort/detail/run_chunk.hpp"

/// From a source, through stages, into a sink: the calls for a collection's chunks.
namespace cohort::detail {

inline std::uint64_t number_or_none(std::size_t first) { return first == kUnknownCount ? kNoNumber : first; }

/// `first` of a chunk that is followed. If it is not known how many elements it has, some were dropped: the numbers of
/// the others are not those in the range any more.
inline std::size_t first_followed(std::size_t items, std::size_t first) {
  return items == kUnknownCount ? kUnknownCount : first;
}

/// The call for one chunk. `in`: as RunChunk takes it.
template <class S, class Sink, class... In>
CallRequest chunk_request(const std::shared_ptr<Core>& core, const S& stages, const Sink& sink, std::size_t first,
                          const In&... in) {
  return make_lasting_request(core, RunChunk(), stages, sink, number_or_none(first), in...);
}

/// Elements of a range.
template <class Source, class S, class Sink>
class RangePipeline final : public RangeMaker {
 public:
  RangePipeline(std::shared_ptr<Core> core, Source source, S stages, Sink sink, std::size_t first)
      : core_(std::move(core)),
        source_(std::move(source)),
        stages_(std::move(stages)),
        sink_(std::move(sink)),
        first_(first) {}

  std::optional<std::size_t> left() const override { return source_.left(); }
  bool reads() const override { return Source::kReads; }
  std::optional<Cut> cut(std::size_t items) override {
    if (source_.left() == std::size_t{0}) return std::nullopt;
    const auto slice = source_.take(core_, items);
    if (items == 0) return std::nullopt;
    const std::size_t first = std::exchange(first_, first_ + items);
    return std::apply(
        [&](const auto&... in) -> Cut {
          return {chunk_request(core_, stages_, sink_, first, in...), one_to_one<S> ? items : kUnknownCount, items};
        },
        slice);
  }

  /// The same with one stage more and another sink; uses this one up.
  template <class... Stage, class NewSink>
  auto extended(const Stages<Stage...>& more, NewSink sink) && {
    auto stages = std::tuple_cat(std::move(stages_), more);
    using Longer = RangePipeline<Source, decltype(stages), NewSink>;
    return std::make_unique<Longer>(std::move(core_), std::move(source_), std::move(stages), std::move(sink), first_);
  }

 private:
  std::shared_ptr<Core> core_;
  Source source_;
  S stages_;
  Sink sink_;
  std::size_t first_;
};

/// Elements of the chunks of other collections: of T, or of pairs if there are two.
template <class S, class Sink, class... T>
class FollowingPipeline final : public FollowingMaker {
 public:
  FollowingPipeline(std::shared_ptr<Core> core, std::vector<CollectionHandle> parents, S stages, Sink sink)
      : core_(std::move(core)), parents_(std::move(parents)), stages_(std::move(stages)), sink_(std::move(sink)) {}

  std::vector<CollectionHandle>& parents() override { return parents_; }
  Cut follow(std::vector<FutureHandle> chunks, std::size_t items, std::size_t first) override {
    return [&]<std::size_t... I>(std::index_sequence<I...>)->Cut {
      return {chunk_request(core_, stages_, sink_, first_followed(items, first),
                            FutureAccess::make<Chunk<T>>(std::move(chunks[I]))...),
              one_to_one<S> ? items : kUnknownCount, items == kUnknownCount ? 0 : items};
    }
    (std::index_sequence_for<T...>());
  }

  template <class... Stage, class NewSink>
  auto extended(const Stages<Stage...>& more, NewSink sink) && {
    auto stages = std::tuple_cat(std::move(stages_), more);
    using Longer = FollowingPipeline<decltype(stages), NewSink, T...>;
    return std::make_unique<Longer>(std::move(core_), std::move(parents_), std::move(stages), std::move(sink));
  }

 private:
  std::shared_ptr<Core> core_;
  std::vector<CollectionHandle> parents_;
  S stages_;
  Sink sink_;
};

}  // namespace cohort::detail
