#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/collection.hpp"
#include "cohort/ranges.hpp"

/// From a range to a collection.
namespace cohort::detail {

template <class R>
inline constexpr bool is_vector = false;
template <class T, class A>
inline constexpr bool is_vector<std::vector<T, A>> = std::is_same_v<A, std::allocator<T>>;

template <class A, class B>
inline constexpr bool is_computed<Zip<A, B>> = is_computed<A>&& is_computed<B>;

/// A view that needs nothing but itself, but whose elements are found only by going through it.
template <class V>
inline constexpr bool is_self_contained = is_computed<V>;
template <class V, class P>
inline constexpr bool is_self_contained<std::ranges::filter_view<V, P>> = is_self_contained<V>;
template <class V, class P>
inline constexpr bool is_self_contained<std::ranges::take_while_view<V, P>> = is_self_contained<V>;
template <class V, class P>
inline constexpr bool is_self_contained<std::ranges::drop_while_view<V, P>> = is_self_contained<V>;
template <class V>
inline constexpr bool is_self_contained<std::ranges::take_view<V>> = is_self_contained<V>;
template <class V, class F>
inline constexpr bool is_self_contained<std::ranges::transform_view<V, F>> = is_self_contained<V>;

/// The elements of a range that has to be read now: moved out of a container that was given away.
template <class R, class T>
Chunk<T> read_all(R&& range) {
  Chunk<T> all;
  if constexpr (std::ranges::sized_range<R>) all.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  constexpr bool may_move =
      !std::is_lvalue_reference_v<R> && !std::ranges::borrowed_range<R> && !std::ranges::view<std::remove_cvref_t<R>>;
  for (auto&& element : range) {
    if constexpr (may_move && !std::is_const_v<std::remove_reference_t<decltype(element)>>) {
      all.push_back(to_stored<T>(std::move(element)));
    } else {
      all.push_back(to_stored<T>(std::forward<decltype(element)>(element)));
    }
  }
  return all;
}

/// Where the elements come from: computed where they are needed, sent from here, or read when they are needed.
template <class R>
auto source_of(R&& range) {
  using Range = std::remove_cvref_t<R>;
  using T = std::ranges::range_value_t<R>;
  constexpr bool given = !std::is_lvalue_reference_v<R>;
  if constexpr (ComputedRange<Range>) {
    return ComputedSource<Range>(std::forward<R>(range));
  } else {
    require_transferable<T>();
    if constexpr (given && is_vector<Range> && !std::is_const_v<std::remove_reference_t<R>>) {
      return VectorSource<T>(to_chunk<T>(std::forward<R>(range)));
    } else if constexpr (given && (!std::ranges::forward_range<R> || is_self_contained<Range>)) {
      return StreamSource<Range>(std::forward<R>(range));
    } else {
      return VectorSource<T>(read_all<R, T>(std::forward<R>(range)));
    }
  }
}

inline std::vector<std::string> read_lines(const std::filesystem::path& file) {
  std::vector<std::string> all;
  for (const std::string& line : lines(file)) all.push_back(line);
  return all;
}

/// As many elements in a chunk as let each slot have several, unless that would make them very small or large.
inline std::size_t items_by_bytes(std::size_t total, std::size_t element_bytes, int slots) {
  constexpr std::size_t kLeastBytes = std::size_t{64} << 10;
  constexpr std::size_t kMostBytes = std::size_t{16} << 20;
  const std::size_t size = std::max<std::size_t>(element_bytes, 1);
  const std::size_t even = total / (8 * static_cast<std::size_t>(std::max(slots, 1)));
  return std::max<std::size_t>(1, std::clamp(even, kLeastBytes / size, std::max(kLeastBytes, kMostBytes) / size));
}

/// A collection of R: what stages make of the elements of `range`.
template <class R, class S, class Range>
auto collect_range(const std::shared_ptr<Core>& core, Range&& range, const S& stages, CutPlan plan) {
  require_transferable<R>();
  auto source = source_of(std::forward<Range>(range));
  using Source = decltype(source);
  plan.total = source.left();
  plan.element_bytes = Source::kElementBytes;
  if (plan.chosen_by_bytes && plan.chunking.items == 0 && plan.total) {
    plan.chunking.items = items_by_bytes(*plan.total, sizeof(R), slot_count(*core));
  } else {
    plan.chosen_by_bytes = false;
  }
  using Pipeline = RangePipeline<Source, S, Collect<R>>;
  return CollectionAccess::make_extendable<R, Pipeline>(make_collection(
      core, std::make_unique<Pipeline>(core, std::move(source), stages, Collect<R>(), std::size_t{0}), plan));
}

template <class F, class Range>
auto map_range(const std::shared_ptr<Core>& core, const F& f, Range&& range, Chunking chunking) {
  require_function_object<F>();
  using Element = std::conditional_t<ComputedRange<std::remove_cvref_t<Range>>, std::ranges::range_reference_t<Range>,
                                     const std::ranges::range_value_t<Range>&>;
  static_assert(std::is_invocable_v<F&, Element>,
                "cohort: the function cannot be called with an element of the range. It is given a const T&, or the "
                "element itself as T&& where nobody else needs it: take const T& or T");
  if constexpr (std::is_invocable_v<F&, Element>) {
    using R = std::decay_t<std::invoke_result_t<F&, Element>>;
    static_assert(
        !std::is_void_v<R>,
        "cohort: a function that is mapped must return something, since a collection has elements. For what is "
        "done for its effect, submit a task, or return what was done");
    using S = Stages<MapStage<F>>;
    if constexpr (!std::is_void_v<R>) {
      return collect_range<R>(core, std::forward<Range>(range), S(MapStage<F>{Function<F>(f)}), {.chunking = chunking});
    }
  }
}

template <class T>
std::true_type is_collection(const Collection<T>&);
std::false_type is_collection(...);
template <class C>
concept IsCollection = decltype(is_collection(std::declval<C>()))::value;

}  // namespace cohort::detail
