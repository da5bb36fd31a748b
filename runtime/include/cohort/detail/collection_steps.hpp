#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/detail/aggregates.hpp"
#include "cohort/detail/shuffle.hpp"
#include "cohort/detail/steps.hpp"

namespace cohort {

template <class T>
class Collection;
template <class T, class Pipeline>
class ExtendableCollection;

/// The members of Collection that add a step, with or without what is known of its own steps (Pipeline, or void).
namespace detail {

/// Makes collections; for the library.
struct CollectionAccess {
  template <class T>
  static Collection<T> make(CollectionHandle handle) {
    return Collection<T>(std::move(handle));
  }
  template <class T, class Pipeline>
  static ExtendableCollection<T, Pipeline> make_extendable(CollectionHandle handle) {
    return ExtendableCollection<T, Pipeline>(std::move(handle));
  }
  template <class T>
  static const CollectionHandle& handle(const Collection<T>& collection) {
    return collection.handle();
  }
  template <class T>
  static CollectionHandle release(Collection<T>& collection) {
    return collection.release();
  }
};

/// The collection of R that `stage` makes of one of T.
template <class R, class Pipeline, class T, class Stage>
auto collection_step(CollectionHandle parent, Stage stage) {
  require_transferable<R>();
  using Longer = typename Grown<Pipeline, T, Stages<Stage>, Collect<R>>::type;
  return CollectionAccess::make_extendable<R, Longer>(
      grow<Pipeline, T>(std::move(parent), Stages<Stage>(std::move(stage)), Collect<R>()));
}

template <class Pipeline, class T, class F>
auto map_step(CollectionHandle parent, const F& f) {
  require_function_object<F>();
  static_assert(
      std::is_invocable_v<F&, const T&>,
      "cohort: the function cannot be called with an element of the collection. It is given a const T&, or the "
      "element itself as T&& where nobody else needs it: take const T& or T");
  using R = std::decay_t<std::invoke_result_t<F&, const T&>>;
  static_assert(!std::is_void_v<R>,
                "cohort: a function that is mapped must return something, since a collection has elements. For what is "
                "done for its effect, submit a task, or return what was done");
  return collection_step<R, Pipeline, T>(std::move(parent), MapStage<F>{Function<F>(f)});
}

template <class Pipeline, class T, class P>
auto filter_step(CollectionHandle parent, const P& p) {
  require_function_object<P>();
  static_assert(std::is_invocable_r_v<bool, P&, const T&>,
                "cohort: the function of filter is given a const T& and must return bool");
  return collection_step<T, Pipeline, T>(std::move(parent), FilterStage<P>{Function<P>(p)});
}

template <class Pipeline, class T, class F>
auto flat_map_step(CollectionHandle parent, const F& f) {
  require_function_object<F>();
  static_assert(std::ranges::input_range<std::invoke_result_t<F&, const T&>>,
                "cohort: the function of flat_map is given a const T& and must return a range, such as a std::vector");
  using R = std::ranges::range_value_t<std::invoke_result_t<F&, const T&>>;
  return collection_step<R, Pipeline, T>(std::move(parent), FlatMapStage<F>{Function<F>(f)});
}

// --- of all elements

template <class Pipeline, class T>
Future<std::size_t> count_step(CollectionHandle parent) {
  return fold_step<Pipeline, T>(std::move(parent), std::size_t{0}, CountOne(), std::plus<>());
}
template <class Pipeline, class T>
Future<T> sum_step(CollectionHandle parent) {
  return fold_step<Pipeline, T>(std::move(parent), T(), std::plus<>(), std::plus<>());
}
template <class Pipeline, class T, class Compare>
Future<std::vector<T>> top_step(CollectionHandle parent, std::size_t most) {
  const std::shared_ptr<Core> core = core_of(*parent);
  auto top = fold_step<Pipeline, T>(std::move(parent), Top<T, Compare>{{}, most}, KeepTop<T, Compare>(),
                                    MergeTop<T, Compare>());
  return submit_call(core, SortTop<T, Compare>(), top);
}

/// The pairs of the elements of two collections.
template <class A, class B>
auto zip_step(CollectionHandle a, CollectionHandle b) {
  using Pipeline = FollowingPipeline<Stages<>, Collect<std::pair<A, B>>, A, B>;
  const std::shared_ptr<Core> core = core_of(*a);
  std::vector<CollectionHandle> parents;
  parents.push_back(std::move(a));
  parents.push_back(std::move(b));
  return CollectionAccess::make_extendable<std::pair<A, B>, Pipeline>(make_collection(
      core, std::make_unique<Pipeline>(core, std::move(parents), Stages<>(), Collect<std::pair<A, B>>())));
}

}  // namespace detail

}  // namespace cohort
