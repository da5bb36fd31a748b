#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cohort/detail/function.hpp"

/// Element-wise steps, composed so that a chunk is gone through once. A stage is given one element and gives any number
/// of elements to what follows it.
namespace cohort::detail {

/// One element for one.
template <class F>
struct MapStage {
  static constexpr bool kOneToOne = true;
  Function<F> f;

  template <class X>
  using Out = std::invoke_result_t<F&, X>;

  template <class X>
  decltype(auto) value(X&& x) {
    return f(std::forward<X>(x));
  }
  template <class X, class Next>
  void push(X&& x, Next&& next) {
    next(f(std::forward<X>(x)));
  }
};

/// The elements for which P holds.
template <class P>
struct FilterStage {
  static constexpr bool kOneToOne = false;
  Function<P> predicate;

  template <class X>
  using Out = X;

  template <class X, class Next>
  void push(X&& x, Next&& next) {
    if (predicate(std::as_const(x))) next(std::forward<X>(x));
  }
};

/// The elements of the range that F makes of one.
template <class F>
struct FlatMapStage {
  static constexpr bool kOneToOne = false;
  Function<F> f;

  template <class X>
  using Out = std::ranges::range_value_t<std::invoke_result_t<F&, X>>;

  template <class X, class Next>
  void push(X&& x, Next&& next) {
    for (auto&& each : f(std::forward<X>(x))) {
      if constexpr (std::is_lvalue_reference_v<std::invoke_result_t<F&, X>>) {
        next(each);
      } else {
        next(std::move(each));
      }
    }
  }
};

/// Stages travel as the arguments of a chunk's task.
template <class F>
struct Codec<MapStage<F>> {
  using Parts = TypeList<Function<F>>;
  static constexpr std::size_t kLeastBytes = 0;
  static void save(auto& out, const MapStage<F>& stage) { save_value(out, stage.f); }
  static MapStage<F> load_new(auto& in) { return {detail::load_new<Function<F>>(in)}; }
};
template <class P>
struct Codec<FilterStage<P>> {
  using Parts = TypeList<Function<P>>;
  static constexpr std::size_t kLeastBytes = 0;
  static void save(auto& out, const FilterStage<P>& stage) { save_value(out, stage.predicate); }
  static FilterStage<P> load_new(auto& in) { return {detail::load_new<Function<P>>(in)}; }
};
template <class F>
struct Codec<FlatMapStage<F>> {
  using Parts = TypeList<Function<F>>;
  static constexpr std::size_t kLeastBytes = 0;
  static void save(auto& out, const FlatMapStage<F>& stage) { save_value(out, stage.f); }
  static FlatMapStage<F> load_new(auto& in) { return {detail::load_new<Function<F>>(in)}; }
};

template <class... S>
using Stages = std::tuple<S...>;

template <class S>
struct StagesTraits;
template <class... S>
struct StagesTraits<Stages<S...>> {
  /// As many elements come out as go in.
  static constexpr bool kOneToOne = (S::kOneToOne && ...);
};
template <class S>
inline constexpr bool one_to_one = StagesTraits<S>::kOneToOne;

/// What comes out for an X that goes in; an X itself if there are no stages.
template <class X, class... S>
struct OutOf {
  using type = X;
};
template <class X, class First, class... Rest>
struct OutOf<X, First, Rest...> : OutOf<typename First::template Out<X>, Rest...> {};
template <class X, class S>
struct OutOfStages;
template <class X, class... S>
struct OutOfStages<X, Stages<S...>> : OutOf<X, S...> {};
template <class X, class S>
using out_of = typename OutOfStages<X, S>::type;

/// Of one-to-one stages: what comes out. Made in place where the last stage makes it.
template <std::size_t I = 0, class S, class X>
decltype(auto) value_of(S& stages, X&& x) {
  if constexpr (std::tuple_size_v<S> == 0) {
    return std::forward<X>(x);
  } else if constexpr (I + 1 == std::tuple_size_v<S>) {
    // Decayed: a reference might be to something that ends here.
    return static_cast<std::decay_t<decltype(std::get<I>(stages).value(std::forward<X>(x)))>>(
        std::get<I>(stages).value(std::forward<X>(x)));
  } else {
    return value_of<I + 1>(stages, std::get<I>(stages).value(std::forward<X>(x)));
  }
}

/// Lets `sink` have all that comes out.
template <std::size_t I = 0, class S, class X, class Sink>
void push_through(S& stages, X&& x, Sink& sink) {
  if constexpr (I == std::tuple_size_v<S>) {
    sink(std::forward<X>(x));
  } else {
    std::get<I>(stages).push(std::forward<X>(x), [&](auto&& next) {
      push_through<I + 1>(stages, std::forward<decltype(next)>(next), sink);
    });
  }
}

}  // namespace cohort::detail
