#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cohort/detail/call_request.hpp"
#include "cohort/detail/chunk.hpp"
#include "cohort/detail/function_object.hpp"
#include "cohort/detail/value_type.hpp"

/// Where the elements of a collection come from, and how some of them get to a worker.
namespace cohort::detail {

/// A run of elements on the worker.
template <class Iterator>
struct Elements {
  Iterator begin;
  std::size_t count = 0;
};

// --- ranges that are computed: they travel as their description

/// All elements follow from the view's own bytes.
template <class V>
inline constexpr bool is_computed = false;
template <class W, class B>
inline constexpr bool is_computed<std::ranges::iota_view<W, B>> = std::integral<W>&& std::integral<B>;
template <class V, class F>
inline constexpr bool is_computed<std::ranges::transform_view<V, F>> = is_computed<V>&& bitwise_function_object<F>;
template <class V>
inline constexpr bool is_computed<std::ranges::take_view<V>> = is_computed<V>;
template <class V>
inline constexpr bool is_computed<std::ranges::drop_view<V>> = is_computed<V>;
template <class V>
inline constexpr bool is_computed<std::ranges::reverse_view<V>> = is_computed<V>;

template <class V>
concept ComputedRange = is_computed<V> && std::ranges::random_access_range<V> && std::ranges::sized_range<V>;

/// `count` elements of V from `first` on.
template <class V>
struct ComputedSlice {
  V view;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

template <class V>
struct Codec<ComputedSlice<V>> {
  using Parts = TypeList<>;
  static constexpr std::size_t kLeastBytes = sizeof(V) + 2 * sizeof(std::uint64_t);
  static void save(auto& out, const ComputedSlice<V>& slice) {
    out.write(static_cast<const void*>(std::addressof(slice.view)), sizeof(V));
    out.write(&slice.first, sizeof(slice.first));
    out.write(&slice.count, sizeof(slice.count));
  }
  static void load(auto& in, ComputedSlice<V>& slice) { slice = load_new(in); }
  static ComputedSlice<V> load_new(auto& in) {
    union Storage {  // a view with a closure may have no default constructor
      Storage() {}
      ~Storage() {}
      V view;
    } storage;
    in.read(static_cast<void*>(&storage), sizeof(V));
    ComputedSlice<V> slice{std::move(storage.view), 0, 0};
    in.read(&slice.first, sizeof(slice.first));
    in.read(&slice.count, sizeof(slice.count));
    return slice;
  }
};

/// `slice` must outlive them.
template <class V>
auto elements(ComputedSlice<V>&& slice) {
  using Difference = std::ranges::range_difference_t<V>;
  return Elements<std::ranges::iterator_t<V>>{std::ranges::begin(slice.view) + static_cast<Difference>(slice.first),
                                              static_cast<std::size_t>(slice.count)};
}

/// A closure inside the view may have captured by reference.
template <class V>
void check_description(const V& view) {
  const AddressRange stack = live_stack();
  for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= sizeof(V); at += sizeof(std::uintptr_t)) {
    std::uintptr_t word;
    std::memcpy(&word, reinterpret_cast<const std::byte*>(std::addressof(view)) + at, sizeof(word));
    if (stack.contains(word)) [[unlikely]] {
      throw UsageError(
          "cohort: the range holds the address of a local variable, which means nothing on another rank: a function in "
          "it captured by reference. Capture by value");
    }
  }
}

template <class V>
class ComputedSource {
 public:
  using Element = std::ranges::range_reference_t<V>;
  static constexpr bool kReads = false;
  static constexpr std::size_t kElementBytes = 0;

  explicit ComputedSource(V view) : view_(std::move(view)), left_(static_cast<std::size_t>(std::ranges::size(view_))) {
    check_description(view_);
  }
  std::optional<std::size_t> left() const { return left_; }
  std::tuple<ComputedSlice<V>> take(const std::shared_ptr<Core>&, std::size_t& items) {
    items = std::min(items, left_);
    left_ -= items;
    return {ComputedSlice<V>{view_, std::exchange(next_, next_ + items), items}};
  }

 private:
  V view_;
  std::size_t next_ = 0;
  std::size_t left_;
};

// --- ranges whose elements are sent

/// Elements of a chunk that others may need too.
template <class S>
auto elements(const std::vector<S>& chunk) {
  return Elements<decltype(data_of(chunk))>{data_of(chunk), chunk.size()};
}
/// Elements of a chunk that nobody else needs.
template <class S>
auto elements(std::vector<S>&& chunk) {
  return Elements<std::move_iterator<decltype(data_of(chunk))>>{std::make_move_iterator(data_of(chunk)), chunk.size()};
}

/// Two iterators that go together.
template <class A, class B>
struct PairIterator {
  A a;
  B b;
  auto operator*() const { return std::pair<std::iter_value_t<A>, std::iter_value_t<B>>(*a, *b); }
  PairIterator& operator++() {
    ++a;
    ++b;
    return *this;
  }
};
/// Element by element of two chunks.
template <class A, class B>
auto elements(A&& a, B&& b) {
  const auto in_a = elements(std::forward<A>(a));
  const auto in_b = elements(std::forward<B>(b));
  if (in_a.count != in_b.count) {
    throw UsageError("zip of two collections whose chunks differ in size: " + std::to_string(in_a.count) + " and " +
                     std::to_string(in_b.count) + " elements; make one of the other with map, or repartition both");
  }
  using Iterator = PairIterator<decltype(in_a.begin), decltype(in_b.begin)>;
  return Elements<Iterator>{{in_a.begin, in_b.begin}, in_a.count};
}

/// Some elements of a vector, as a value of rank 0: it travels as a vector of its own, without being copied before.
template <class S>
struct SharedSlice {
  std::shared_ptr<const std::vector<S>> all;
  std::size_t first = 0;
  std::size_t count = 0;

  static void encode(const ValueBox& box, Encoder& out) {
    const SharedSlice& slice = static_cast<const TypedBox<SharedSlice>&>(box).object;
    const auto save = [&](auto&& archive) {
      const std::span<const S> part(slice.all->data() + slice.first, slice.count);
      save_count(archive, part.size());
      if constexpr (bitwise<S>) {
        archive.write_block(part.data(), part.size_bytes());
      } else {
        save_elements<S>(archive, part, part.size());
      }
    };
    if constexpr (needs_archive<std::vector<S>>()) {
      out.copy_everything();  // the archive would have to know that they live in `all`
      save(OutArchive(out));
    } else {
      save(PlainOut(out));
    }
  }
  static ValueBox* decode(Decoder&) { throw DecodeError("a slice comes as a vector"); }
  static void destroy(ValueBox* box) noexcept { delete static_cast<TypedBox<SharedSlice>*>(box); }
  static constexpr ValueType kType{&typeid(SharedSlice), &encode, &decode, &destroy, false};
};

/// Elements that are all here already.
template <class T>
class VectorSource {
 public:
  using Element = const T&;
  static constexpr bool kReads = false;
  static constexpr std::size_t kElementBytes = sizeof(T);

  explicit VectorSource(Chunk<T> all) : all_(std::make_shared<const Chunk<T>>(std::move(all))) {}
  std::optional<std::size_t> left() const { return all_->size() - next_; }
  std::tuple<Future<Chunk<T>>> take(const std::shared_ptr<Core>& core, std::size_t& items) {
    using Slice = SharedSlice<Stored<T>>;
    items = std::min(items, all_->size() - next_);
    Value slice(new TypedBox<Slice>(Slice::kType, Slice{all_, std::exchange(next_, next_ + items), items}));
    return {FutureAccess::make<Chunk<T>>(hold(core, std::move(slice)))};
  }

 private:
  std::shared_ptr<const Chunk<T>> all_;
  std::size_t next_ = 0;
};

/// Elements that are read when they are needed.
template <std::ranges::input_range R>
class StreamSource {
 public:
  using T = std::ranges::range_value_t<R>;
  using Element = const T&;
  static constexpr bool kReads = true;
  static constexpr std::size_t kElementBytes = sizeof(T);

  explicit StreamSource(R range) : range_(std::make_unique<R>(std::move(range))) {}
  std::optional<std::size_t> left() const { return at_end_ ? std::optional<std::size_t>(0) : std::nullopt; }
  std::tuple<Future<Chunk<T>>> take(const std::shared_ptr<Core>& core, std::size_t& items) {
    Chunk<T> chunk;
    if (!next_) next_.emplace(std::ranges::begin(*range_));
    for (; chunk.size() < items && *next_ != std::ranges::end(*range_); ++*next_) {
      chunk.push_back(to_stored<T>(**next_));
    }
    at_end_ = chunk.size() < items;
    items = chunk.size();
    if (items == 0) return {};
    return {FutureAccess::make<Chunk<T>>(hold(core, make_value<Chunk<T>>(std::move(chunk))))};
  }

 private:
  std::unique_ptr<R> range_;  // an iterator may know where its range lies
  std::optional<std::ranges::iterator_t<R>> next_;
  bool at_end_ = false;
};

}  // namespace cohort::detail
