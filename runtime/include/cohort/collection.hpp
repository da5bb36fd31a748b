#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/detail/chunk_reader.hpp"
#include "cohort/detail/collection_steps.hpp"
#include "cohort/future.hpp"

namespace cohort {

/// Elements in chunks on the workers, in the order of what they were made of. Cheap to copy, usable from any thread.
/// The chunks live until the last copy is gone and nothing that was made of it needs them.
///
/// Chunks are cut and computed from the moment the collection is made, also if it is dropped. Nothing here waits unless
/// it says so. Element-wise steps that are added at once (`client.map(f, range).filter(p).reduce(op)`) run in one pass
/// over each chunk, and what is between them is not kept. Every member throws UsageError once the client has ended, and
/// for a collection made by default or moved from.
template <class T>
class Collection {
  static_assert(std::is_same_v<T, std::decay_t<T>>,
                "a Collection holds values: name the type without reference or const");

 public:
  class iterator;
  using value_type = T;

  /// Stands for nothing, until a collection is assigned to it.
  Collection() = default;

  /// Elements in all. Waits where that is not known yet (after a filter, say); moves none of them. Fixes the layout.
  std::size_t size() const {
    std::size_t total = 0;
    for (const std::size_t items : chunk_sizes()) total += items;
    return total;
  }
  /// As size().
  bool empty() const { return size() == 0; }

  /// Fixes the layout: what is not cut yet is cut now. Waits only for a source that has to be read to its end.
  std::size_t chunk_count() const { return detail::chunk_count(state()); }

  /// Elements in each chunk. Fixes the layout, and waits as size() does; throws what a chunk it has to ask threw.
  std::vector<std::size_t> chunk_sizes() const {
    std::vector<std::size_t> sizes = detail::known_sizes(state());
    std::vector<std::pair<std::size_t, Future<std::size_t>>> asked;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] != detail::kUnknownCount) continue;
      asked.emplace_back(i, submit([](const detail::Chunk<T>& chunk) { return chunk.size(); }, stored_chunk(i)));
    }
    if (asked.empty()) return sizes;
    for (const auto& [i, count] : asked) sizes[i] = count.result();
    detail::remember_sizes(state(), sizes);
    return sizes;
  }

  /// One chunk, as a future. Fixes the layout. throws  UsageError: there are not so many.
  Future<std::vector<T>> chunk(std::size_t i) const {
    if (const std::size_t count = chunk_count(); i >= count) {
      throw UsageError("the collection has " + std::to_string(count) + " chunks: there is no chunk " +
                       std::to_string(i));
    }
    if constexpr (std::is_same_v<T, bool>) {
      return submit([](detail::Chunk<bool> stored) { return detail::to_vector<bool>(std::move(stored)); },
                    stored_chunk(i));
    } else {
      return stored_chunk(i);
    }
  }
  /// All chunks, in order. Fixes the layout.
  std::vector<Future<std::vector<T>>> chunks() const {
    std::vector<Future<std::vector<T>>> all;
    const std::size_t count = chunk_count();
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) all.push_back(chunk(i));
    return all;
  }

  /// f of each element. f: R f(const T&), or R f(T), which is given the element itself where nobody else needs it.
  template <class F>
  auto map(const F& f) const& {
    return detail::map_step<void, T, std::decay_t<F>>(handle(), f);
  }
  template <class F>
  auto map(const F& f) && {
    return detail::map_step<void, T, std::decay_t<F>>(release(), f);
  }

  /// The elements for which p holds.
  template <class P>
  auto filter(const P& p) const& {
    return detail::filter_step<void, T, std::decay_t<P>>(handle(), p);
  }
  template <class P>
  auto filter(const P& p) && {
    return detail::filter_step<void, T, std::decay_t<P>>(release(), p);
  }

  /// The elements of the ranges that f makes of each, one range after the other.
  template <class F>
  auto flat_map(const F& f) const& {
    return detail::flat_map_step<void, T, std::decay_t<F>>(handle(), f);
  }
  template <class F>
  auto flat_map(const F& f) && {
    return detail::flat_map_step<void, T, std::decay_t<F>>(release(), f);
  }

  /// f of each chunk as a whole: std::vector<R> f(std::span<const T>).
  template <class F>
  auto map_chunks(const F& f) const {
    using Function = std::decay_t<F>;
    static_assert(std::is_invocable_v<Function&, std::span<const T>>,
                  "cohort: the function of map_chunks is given a std::span<const T>");
    using Made = std::decay_t<std::invoke_result_t<Function&, std::span<const T>>>;
    using R = typename Made::value_type;
    static_assert(std::is_same_v<Made, std::vector<R>>,
                  "cohort: the function of map_chunks must return a std::vector of the new elements");
    const detail::WholeChunk<R, Function> sink{detail::Function<Function>(f)};
    return detail::CollectionAccess::make<R>(detail::follow<T>(handle(), detail::Stages<>(), sink));
  }

  /// All elements put together by an associative op, from left to right in each chunk and in a tree over the chunks:
  /// for one layout of the chunks the same bits, whatever the ranks and threads. Of no elements: UsageError at
  /// result().
  template <class Op>
  Future<T> reduce(const Op& op) const& {
    return detail::reduce_step<void, T, std::decay_t<Op>>(handle(), op);
  }
  template <class Op>
  Future<T> reduce(const Op& op) && {
    return detail::reduce_step<void, T, std::decay_t<Op>>(release(), op);
  }

  /// Each chunk folded, from a copy of `init` on, by A fold(A, const T&) or void fold(A&, const T&); the results put
  /// together by A combine(A, A), as above. `init` must change nothing it is combined with. Of no elements: init.
  template <class A, class F, class Combine>
  Future<A> reduce(const A& init, const F& fold, const Combine& combine) const& {
    return detail::fold_step<void, T, A, std::decay_t<F>, std::decay_t<Combine>>(handle(), init, fold, combine);
  }
  template <class A, class F, class Combine>
  Future<A> reduce(const A& init, const F& fold, const Combine& combine) && {
    return detail::fold_step<void, T, A, std::decay_t<F>, std::decay_t<Combine>>(release(), init, fold, combine);
  }

  /// Number of elements, without waiting for it here.
  Future<std::size_t> count() const& { return detail::count_step<void, T>(handle()); }
  Future<std::size_t> count() && { return detail::count_step<void, T>(release()); }
  /// Their sum; of no elements: T().
  Future<T> sum() const& { return detail::sum_step<void, T>(handle()); }
  Future<T> sum() && { return detail::sum_step<void, T>(release()); }
  /// The least by operator<, the first of equals; of no elements: UsageError at result().
  Future<T> min() const& { return reduce(detail::Least()); }
  Future<T> min() && { return std::move(*this).reduce(detail::Least()); }
  /// The greatest by operator<, the first of equals; of no elements: UsageError at result().
  Future<T> max() const& { return reduce(detail::Greatest()); }
  Future<T> max() && { return std::move(*this).reduce(detail::Greatest()); }
  /// The first `most` elements in the order of `compare` (the greatest ones, unless it says otherwise), in that order.
  template <class Compare = std::greater<>>
  Future<std::vector<T>> top(std::size_t most, Compare = {}) const& {
    return detail::top_step<void, T, Compare>(handle(), most);
  }
  template <class Compare = std::greater<>>
  Future<std::vector<T>> top(std::size_t most, Compare = {}) && {
    return detail::top_step<void, T, Compare>(release(), most);
  }

  /// Pairs of the elements of this and another collection, whose chunks have the same sizes; otherwise chunks fail with
  /// UsageError.
  template <class U>
  auto zip(const Collection<U>& other) const {
    return detail::zip_step<T, U>(handle(), detail::CollectionAccess::handle(other));
  }

  /// All elements in the order of `compare`; stable. Fixes the layout. Elements go from worker to worker.
  template <class Compare = std::less<>>
  Collection<T> sort(const Compare& compare = {}) const& {
    return Collection(detail::sort_step<T, Compare>(handle(), compare));
  }
  template <class Compare = std::less<>>
  Collection<T> sort(const Compare& compare = {}) && {
    return Collection(detail::sort_step<T, Compare>(release(), compare));
  }

  /// The elements with the same key(const T&), together, in their order; the groups in no certain order. The key needs
  /// std::hash and operator==. Fixes the layout. Elements go from worker to worker.
  template <class Key>
  auto group_by(const Key& key) const {
    using K = std::decay_t<std::invoke_result_t<std::decay_t<Key>&, const T&>>;
    detail::require_transferable<K>();
    return detail::CollectionAccess::make<std::pair<K, std::vector<T>>>(
        detail::group_step<T, K, std::decay_t<Key>>(handle(), key));
  }

  /// The same elements in chunks of `items` each. Waits as size() does; the elements go from worker to worker.
  /// throws  UsageError: items is 0.
  Collection<T> repartition(std::size_t items) const {
    if (items == 0) throw UsageError("repartition needs to know how many elements a chunk is to have: at least one");
    return Collection(detail::repartition_step<T>(handle(), chunk_sizes(), items));
  }

  /// The first `count` elements, or all if there are fewer, here. Waits for the chunks they are in; moves no others.
  std::vector<T> take(std::size_t count) const {
    std::vector<T> first;
    for (std::size_t i = 0; first.size() < count; ++i) {
      detail::FutureHandle chunk = detail::next_chunk(state(), i);
      if (!chunk) break;
      const std::vector<Future<detail::Chunk<T>>> from{FutureAccess::make<detail::Chunk<T>>(std::move(chunk))};
      detail::append<T>(first, submit(detail::TakeAcross<T>(), std::size_t{0}, count - first.size(), from).result());
    }
    return first;
  }

  /// Writes each chunk to a file of its own, `folder`/chunk-000000.txt and so on, one element a line: by the worker
  /// that has it, which makes the folder if need be. Waits; returns the files, in order. throws  what a chunk threw.
  /// to_text: std::string to_text(const T&); without: text as it is, numbers exactly, others by their operator<<.
  template <class F = detail::ToText>
  std::vector<std::filesystem::path> write(const std::filesystem::path& folder, const F& to_text = {}) const {
    using Function = detail::Function<std::decay_t<F>>;
    std::vector<Future<std::string>> written;
    const std::size_t count = chunk_count();
    for (std::size_t i = 0; i < count; ++i) {
      written.push_back(
          submit(detail::WriteChunk<T, std::decay_t<F>>(), folder.string(), i, Function(to_text), stored_chunk(i)));
    }
    std::vector<std::filesystem::path> files;
    files.reserve(count);
    for (const Future<std::string>& file : written) file.exception();  // all are looked at
    for (const Future<std::string>& file : written) files.emplace_back(file.result());
    return files;
  }

  /// All elements, here. Waits; throws the first failure in the order of the chunks, and counts as looking at all. The
  /// chunks that went well can still be had one by one.
  std::vector<T> gather() const {
    detail::look_at_all(state());
    detail::ChunkReader<T> reader(handle());
    std::vector<T> all;
    while (std::optional<detail::Chunk<T>> chunk = reader.next()) detail::append<T>(all, *std::move(chunk));
    return all;
  }

  /// The elements in order, brought here a few chunks ahead of the one that is read: a single-pass range. Advancing it
  /// waits, and throws the failure of a chunk.
  iterator begin() const { return iterator(handle()); }
  std::default_sentinel_t end() const { return {}; }

  /// How it was cut, so far, and why.
  ChunkingReport chunking() const { return detail::chunking_report(state()); }

 protected:
  friend struct detail::CollectionAccess;

  explicit Collection(detail::CollectionHandle handle) : handle_(std::move(handle)) {}

  const detail::CollectionHandle& handle() const {
    if (!handle_) throw UsageError("this collection stands for nothing: it was made by default or moved from");
    return handle_;
  }
  detail::CollectionHandle release() {
    handle();
    return std::move(handle_);
  }

 private:
  const detail::CollectionState& state() const { return *handle(); }

  template <class F, class... Args>
  auto submit(const F& f, const Args&... args) const {
    return detail::submit_call(detail::core_of(state()), f, args...);
  }
  Future<detail::Chunk<T>> stored_chunk(std::size_t i) const {
    return FutureAccess::make<detail::Chunk<T>>(detail::next_chunk(state(), i));
  }

  detail::CollectionHandle handle_;
};

/// See Collection::begin.
template <class T>
class Collection<T>::iterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  iterator() = default;
  const T& operator*() const { return detail::data_of(*chunk_)[at_]; }
  const T* operator->() const { return std::addressof(**this); }
  iterator& operator++() {
    if (++at_ == chunk_->size()) advance();
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return !chunk_; }

 private:
  friend class Collection;
  explicit iterator(detail::CollectionHandle collection)
      : reader_(std::make_shared<detail::ChunkReader<T>>(std::move(collection))) {
    advance();
  }
  void advance() {
    at_ = 0;
    do chunk_ = reader_->next();
    while (chunk_ && chunk_->empty());
  }

  std::shared_ptr<detail::ChunkReader<T>> reader_;
  std::optional<detail::Chunk<T>> chunk_;  ///< empty at the end
  std::size_t at_ = 0;
};

}  // namespace cohort

#include "cohort/extendable_collection.hpp"  // what its steps return
