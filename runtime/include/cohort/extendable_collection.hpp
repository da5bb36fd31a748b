#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/collection.hpp"

namespace cohort {

/// A collection whose steps the compiler knows, so that those that are added at once become part of them. It is used
/// like the Collection<T> it is.
template <class T, class Pipeline>
class ExtendableCollection : public Collection<T> {
  using Base = Collection<T>;

 public:
  using Base::count;
  using Base::filter;
  using Base::flat_map;
  using Base::map;
  using Base::max;
  using Base::min;
  using Base::reduce;
  using Base::sum;
  using Base::top;

  ExtendableCollection() = default;
  ExtendableCollection(Collection<T> other) : Base(std::move(other)) {}

  template <class F>
  auto map(const F& f) && {
    return detail::map_step<Pipeline, T, std::decay_t<F>>(this->release(), f);
  }
  template <class P>
  auto filter(const P& p) && {
    return detail::filter_step<Pipeline, T, std::decay_t<P>>(this->release(), p);
  }
  template <class F>
  auto flat_map(const F& f) && {
    return detail::flat_map_step<Pipeline, T, std::decay_t<F>>(this->release(), f);
  }
  template <class Op>
  Future<T> reduce(const Op& op) && {
    return detail::reduce_step<Pipeline, T, std::decay_t<Op>>(this->release(), op);
  }
  template <class A, class F, class Combine>
  Future<A> reduce(const A& init, const F& fold, const Combine& combine) && {
    return detail::fold_step<Pipeline, T, A, std::decay_t<F>, std::decay_t<Combine>>(this->release(), init, fold,
                                                                                     combine);
  }

  Future<std::size_t> count() && { return detail::count_step<Pipeline, T>(this->release()); }
  Future<T> sum() && { return detail::sum_step<Pipeline, T>(this->release()); }
  Future<T> min() && { return std::move(*this).reduce(detail::Least()); }
  Future<T> max() && { return std::move(*this).reduce(detail::Greatest()); }
  template <class Compare = std::greater<>>
  Future<std::vector<T>> top(std::size_t most, Compare = {}) && {
    return detail::top_step<Pipeline, T, Compare>(this->release(), most);
  }

 private:
  friend struct detail::CollectionAccess;
  explicit ExtendableCollection(detail::CollectionHandle handle) : Base(std::move(handle)) {}
};

}  // namespace cohort
