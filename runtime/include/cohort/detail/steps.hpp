#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "cohort/detail/pipeline.hpp"

/// Adds a step to a collection: to the tasks that compute its chunks, where those were not submitted yet and nobody
/// else needs the collection; otherwise as tasks of their own, which take its chunks.
namespace cohort::detail {

/// The pipeline of what follows a Collection<T>, whose own pipeline is `Pipeline`, or not known (void).
template <class Pipeline, class T, class S, class Sink>
struct Grown {
  using type =
      typename decltype(std::declval<Pipeline>().extended(std::declval<S>(), std::declval<Sink>()))::element_type;
};
template <class T, class S, class Sink>
struct Grown<void, T, S, Sink> {
  using type = FollowingPipeline<S, Sink, T>;
};

template <class T, class S, class Sink>
CollectionHandle follow(CollectionHandle parent, const S& stages, const Sink& sink) {
  const std::shared_ptr<Core> core = core_of(*parent);
  std::vector<CollectionHandle> parents;
  parents.push_back(std::move(parent));
  return make_collection(core, std::make_unique<FollowingPipeline<S, Sink, T>>(core, std::move(parents), stages, sink));
}

/// What was submitted already, as the first chunks of the new collection.
template <class T, class S, class Sink>
std::vector<Cut> follow_taken(const std::shared_ptr<Core>& core, TakenMaker& taken, const S& stages, const Sink& sink) {
  std::vector<Cut> made;
  std::size_t first = 0;
  for (std::size_t i = 0; i < taken.chunks.size(); ++i) {
    const std::size_t items = taken.items[i];
    const auto chunk = FutureAccess::make<Chunk<T>>(std::move(taken.chunks[i]));
    made.push_back({chunk_request(core, stages, sink, first_followed(items, first), chunk),
                    one_to_one<S> ? items : kUnknownCount});
    first = first == kUnknownCount || items == kUnknownCount ? kUnknownCount : first + items;
  }
  return made;
}

template <class Pipeline, class T, class S, class Sink>
CollectionHandle grow(CollectionHandle parent, const S& stages, const Sink& sink) {
  if constexpr (!std::is_void_v<Pipeline>) {
    if (std::optional<TakenMaker> taken = take_maker(parent, typeid(Pipeline))) {
      const std::shared_ptr<Core>& core = core_of(*parent);
      std::vector<Cut> made = follow_taken<T>(core, *taken, stages, sink);
      auto longer = std::move(static_cast<Pipeline&>(*taken->maker)).extended(stages, sink);
      if constexpr (std::is_base_of_v<RangeMaker, Pipeline>) {
        return make_collection(core, std::move(longer), taken->plan, std::move(made));
      } else {
        return make_collection(core, std::move(longer), std::move(made));
      }
    }
  }
  return follow<T>(std::move(parent), stages, sink);
}

// --- reductions

template <class T>
std::vector<Future<T>> futures_of(std::vector<FutureHandle> handles) {
  std::vector<Future<T>> futures;
  futures.reserve(handles.size());
  for (FutureHandle& handle : handles) futures.push_back(FutureAccess::make<T>(std::move(handle)));
  return futures;
}

template <class T, class Op>
class ReduceCalls final : public ReductionCalls {
 public:
  ReduceCalls(std::shared_ptr<Core> core, Function<Op> op) : core_(std::move(core)), op_(std::move(op)) {}
  CallRequest combine(std::vector<FutureHandle> parts) override {
    return make_lasting_request(core_, CombineReduced<T, Op>(), op_, futures_of<std::optional<T>>(std::move(parts)));
  }
  CallRequest last(std::vector<FutureHandle> parts) override {
    return make_lasting_request(core_, FinishReduced<T, Op>(), op_, futures_of<std::optional<T>>(std::move(parts)));
  }

 private:
  std::shared_ptr<Core> core_;
  Function<Op> op_;
};

template <class A, class Combine>
class FoldCalls final : public ReductionCalls {
 public:
  FoldCalls(std::shared_ptr<Core> core, A init, Function<Combine> combine)
      : core_(std::move(core)), init_(std::move(init)), combine_(std::move(combine)) {}
  CallRequest combine(std::vector<FutureHandle> parts) override { return last(std::move(parts)); }
  CallRequest last(std::vector<FutureHandle> parts) override {
    return make_lasting_request(core_, CombineFolded<A, Combine>(), init_, combine_, futures_of<A>(std::move(parts)));
  }

 private:
  std::shared_ptr<Core> core_;
  A init_;
  Function<Combine> combine_;
};

template <class Pipeline, class T, class Op>
Future<T> reduce_step(CollectionHandle parent, const Op& op) {
  require_function_object<Op>();
  static_assert(std::is_invocable_r_v<T, Op&, T, T>,
                "cohort: the operation of reduce is given two elements and must return one: T op(T, T)");
  require_transferable<T>();
  const std::shared_ptr<Core> core = core_of(*parent);
  const Function<Op> function(op);
  return FutureAccess::make<T>(reduce_chunks(grow<Pipeline, T>(std::move(parent), Stages<>(), Reduce<T, Op>{function}),
                                             std::make_unique<ReduceCalls<T, Op>>(core, function)));
}

template <class Pipeline, class T, class A, class F, class Combine>
Future<A> fold_step(CollectionHandle parent, const A& init, const F& fold, const Combine& combine) {
  require_function_object<F>();
  require_function_object<Combine>();
  require_transferable<A>();
  static_assert(std::is_invocable_v<F&, A, const T&> || std::is_invocable_v<F&, A&, const T&>,
                "cohort: the second function of reduce is given what was folded so far and an element: A fold(A, const "
                "T&), or void fold(A&, const T&)");
  static_assert(std::is_invocable_r_v<A, Combine&, A, A>,
                "cohort: the third argument of reduce puts two results together: A combine(A, A)");
  const std::shared_ptr<Core> core = core_of(*parent);
  const Function<Combine> function(combine);
  return FutureAccess::make<A>(
      reduce_chunks(grow<Pipeline, T>(std::move(parent), Stages<>(), Fold<A, F>{init, Function<F>(fold)}),
                    std::make_unique<FoldCalls<A, Combine>>(core, init, function)));
}

}  // namespace cohort::detail
