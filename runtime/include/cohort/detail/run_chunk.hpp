#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/detail/chunk.hpp"
#include "cohort/detail/range_source.hpp"
#include "cohort/detail/stages.hpp"
#include "cohort/inputs.hpp"
#include "cohort/this_task.hpp"

/// What a chunk's task does: sends elements through stages into a sink, in one pass.
namespace cohort::detail {

/// The chunk's elements are not numbered.
inline constexpr std::uint64_t kNoNumber = UINT64_MAX;

// A sink's `run` counts the elements it has taken in `i`, so that a failure can be said to be about one (unless it says
// that kIsAboutElements is not so). Always inline: `i` then stays in a register. A loop of a few instructions takes
// half as long again when it happens to lie across two cache lines: unrolled, it does not matter where it lies.

/// Keeps what comes out.
template <class T>
struct Collect {
  template <class S, class It>
  [[gnu::always_inline]] Chunk<T> run(S& stages, Elements<It> in, std::size_t& i) {
    Chunk<T> out;
    if constexpr (one_to_one<S> && std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>) {
      out.resize(in.count);
      T* to = data_of(out);
#pragma GCC unroll 4
      for (; i < in.count; ++i, ++in.begin) to[i] = static_cast<T>(value_of(stages, *in.begin));
    } else {
      if constexpr (one_to_one<S>) out.reserve(in.count);
      const auto keep = [&out](auto&& x) { out.push_back(to_stored<T>(std::forward<decltype(x)>(x))); };
      for (; i < in.count; ++i, ++in.begin) push_through(stages, *in.begin, keep);
    }
    return out;
  }
  /// The chunk is nobody else's, and what comes out is of its type: it stays where it is.
  template <class S>
  [[gnu::always_inline]] void run_in_place(S& stages, Chunk<T>& chunk, std::size_t& i) {
    if constexpr (std::tuple_size_v<S> == 0) return;  // moving an element to itself may empty it
    T* at = data_of(chunk);
    for (const std::size_t count = chunk.size(); i < count; ++i) at[i] = value_of(stages, std::move(at[i]));
  }
};

/// Puts what comes out together; nothing, if nothing does.
template <class T, class Op>
struct Reduce {
  Function<Op> op;

  template <class S, class It>
  [[gnu::always_inline]] std::optional<T> run(S& stages, Elements<It> in, std::size_t& i) {
    if constexpr (one_to_one<S>) {
      if (in.count == 0) return std::nullopt;
      T total = static_cast<T>(value_of(stages, *in.begin));
#pragma GCC unroll 4
      for (++in.begin, ++i; i < in.count; ++i, ++in.begin) {
        total = op(std::move(total), value_of(stages, *in.begin));
      }
      return total;
    } else {
      std::optional<T> total;
      const auto add = [&](auto&& x) {
        if (total) {
          *total = op(*std::move(total), std::forward<decltype(x)>(x));
        } else {
          total.emplace(std::forward<decltype(x)>(x));
        }
      };
      for (; i < in.count; ++i, ++in.begin) push_through(stages, *in.begin, add);
      return total;
    }
  }
};

/// Adds what comes out to a value of another type. F returns the new value, or changes it in place and returns nothing.
template <class A, class F>
struct Fold {
  A init;
  Function<F> fold;

  template <class S, class It>
  [[gnu::always_inline]] A run(S& stages, Elements<It> in, std::size_t& i) {
    A total = std::move(init);
    const auto add = [&](auto&& x) {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, A&, decltype(x)>>) {
        fold(total, std::forward<decltype(x)>(x));
      } else {
        total = fold(std::move(total), std::forward<decltype(x)>(x));
      }
    };
    for (; i < in.count; ++i, ++in.begin) push_through(stages, *in.begin, add);
    return total;
  }
};

/// What F makes of the elements as a whole, which lie in a row.
template <class R, class F>
struct WholeChunk {
  static constexpr bool kIsAboutElements = false;
  Function<F> f;

  template <class S, class It>
  Chunk<R> run(S&, Elements<It> in, std::size_t&) {
    using T = std::iter_value_t<It>;
    return to_chunk<R>(f(std::span<const T>(base_of(in.begin), in.count)));
  }

 private:
  template <class It>
  static It base_of(It it) {
    return it;
  }
  template <class It>
  static It base_of(std::move_iterator<It> it) {
    return it.base();
  }
};

template <class T, class Op>
struct Codec<Reduce<T, Op>> {
  using Parts = TypeList<T>;
  static constexpr std::size_t kLeastBytes = 0;
  static void save(auto& out, const Reduce<T, Op>& sink) { save_value(out, sink.op); }
  static Reduce<T, Op> load_new(auto& in) { return {detail::load_new<Function<Op>>(in)}; }
};
template <class R, class F>
struct Codec<WholeChunk<R, F>> {
  using Parts = TypeList<>;
  static constexpr std::size_t kLeastBytes = 0;
  static void save(auto& out, const WholeChunk<R, F>& sink) { save_value(out, sink.f); }
  static WholeChunk<R, F> load_new(auto& in) { return {detail::load_new<Function<F>>(in)}; }
};
template <class A, class F>
struct Codec<Fold<A, F>> {
  using Parts = TypeList<A, Function<F>>;
  static constexpr std::size_t kLeastBytes = 0;
  static void save(auto& out, const Fold<A, F>& sink) {
    save_value(out, sink.init);
    save_value(out, sink.fold);
  }
  static Fold<A, F> load_new(auto& in) {
    auto init = detail::load_new<A>(in);
    return {std::move(init), detail::load_new<Function<F>>(in)};
  }
};

/// The input is moved through the stages, element by element, to where it was.
template <class S, class Sink, class... In>
inline constexpr bool stays_in_place = false;
template <class S, class T>
inline constexpr bool stays_in_place<S, Collect<T>, Chunk<T>> = one_to_one<S>&& std::is_move_assignable_v<T>;

/// The function of a chunk's task. `first`: number of its first element, or kNoNumber. `in`: a ComputedSlice, or the
/// chunks of other collections.
struct RunChunk {
  template <class S, class Sink, class... In>
  auto operator()(S&& stages, Sink&& sink, std::uint64_t first, In&&... in) const {
    std::size_t i = 0;
    try {
      if constexpr (stays_in_place<S, Sink, In...>) {
        (sink.run_in_place(stages, in, i), ...);
        return (std::move(in), ...);
      } else {
        return sink.run(stages, elements(std::forward<In>(in)...), i);
      }
    } catch (...) {
      constexpr bool whole = requires { requires !Sink::kIsAboutElements; };
      if (!whole && first != kNoNumber) note_failed_element(first + i);
      throw;
    }
  }
};

/// By the conversion that moves what nobody else needs.
template <class T>
std::vector<T> take_all(Inputs<T>&& inputs) {
  return std::move(inputs).operator std::vector<T>();
}

/// Puts partial reductions together, in order.
template <class T, class Op>
struct CombineReduced {
  std::optional<T> operator()(Function<Op>&& op, Inputs<std::optional<T>>&& inputs) const {
    std::vector<std::optional<T>> parts = take_all(std::move(inputs));
    std::optional<T> total;
    for (std::optional<T>& part : parts) {
      if (!part) continue;
      if (total) {
        *total = op(*std::move(total), *std::move(part));  // NOLINT(bugprone-use-after-move): it is assigned to
      } else {
        total = std::move(part);
      }
    }
    return total;
  }
};
template <class T, class Op>
struct FinishReduced {
  T operator()(Function<Op>&& op, Inputs<std::optional<T>>&& inputs) const {
    std::optional<T> total = CombineReduced<T, Op>()(std::move(op), std::move(inputs));
    if (!total) throw UsageError("reduce of a collection without elements: give it an initial value");
    return *std::move(total);
  }
};
template <class A, class Combine>
struct CombineFolded {
  A operator()(A&& init, Function<Combine>&& combine, Inputs<A>&& inputs) const {
    if (inputs.empty()) return std::move(init);
    std::vector<A> parts = take_all(std::move(inputs));
    A total = std::move(parts[0]);
    for (std::size_t i = 1; i < parts.size(); ++i) total = combine(std::move(total), std::move(parts[i]));
    return total;
  }
};

}  // namespace cohort::detail
