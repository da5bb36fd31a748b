#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/detail/erased.hpp"
#include "cohort/detail/function_object.hpp"
#include "cohort/inputs.hpp"
#include "cohort/transferable.hpp"

namespace cohort {

template <class T>
class Future;

}  // namespace cohort

/// Which objects a function is given for the arguments of `submit`, and whether it can be called with them.
namespace cohort::detail {

template <class... Ts>
struct Types {};

template <class... Lists>
struct Joined {
  using type = Types<>;
};
template <class... Ts>
struct Joined<Types<Ts...>> {
  using type = Types<Ts...>;
};
template <class... As, class... Bs, class... Rest>
struct Joined<Types<As...>, Types<Bs...>, Rest...> : Joined<Types<As..., Bs...>, Rest...> {};

/// An argument as it is kept: decayed, C strings as std::string.
template <class A>
using stored_t =
    std::conditional_t<std::is_same_v<std::decay_t<A>, const char*> || std::is_same_v<std::decay_t<A>, char*>,
                       std::string, std::decay_t<A>>;

/// One argument of a call; A is a stored_t. `Given`: what the function gets for it, unless and if it may be moved from.
template <class A>
struct Argument {
  static constexpr auto kFrom = ArgumentKind::From::payload;
  using Object = A;
  using Given = Types<A&&>;
  using GivenMoved = Types<A&&>;
};
template <class T>
struct Argument<Future<T>> {
  static constexpr auto kFrom = ArgumentKind::From::future;
  using Object = T;
  using Given = Types<const T&>;
  using GivenMoved = Types<T&&>;
};
template <class T>
struct Argument<std::vector<Future<T>>> {
  static constexpr auto kFrom = ArgumentKind::From::future_vector;
  using Object = T;
  using Given = Types<Inputs<T>&&>;
  using GivenMoved = Types<Inputs<T>&&>;
};
/// A Future<void> only orders: the function is given nothing for it.
template <>
struct Argument<Future<void>> {
  static constexpr auto kFrom = ArgumentKind::From::future;
  using Object = void;
  using Given = Types<>;
  using GivenMoved = Types<>;
};
template <>
struct Argument<std::vector<Future<void>>> {
  static constexpr auto kFrom = ArgumentKind::From::future_vector;
  using Object = void;
  using Given = Types<>;
  using GivenMoved = Types<>;
};

/// Which arguments are given to be moved from: bit i is argument i.
using MoveMask = std::uint64_t;
inline constexpr std::size_t kMostArguments = 64;

template <std::size_t I>
inline constexpr MoveMask kBit = MoveMask{1} << I;

template <MoveMask Mask, class Indices, class... As>
struct GivenOf;
template <MoveMask Mask, std::size_t... Is, class... As>
struct GivenOf<Mask, std::index_sequence<Is...>, As...>
    : Joined<std::conditional_t<(Mask & kBit<Is>) != 0, typename Argument<As>::GivenMoved,
                                typename Argument<As>::Given>...> {};

/// All that the function is given, in order.
template <MoveMask Mask, class... As>
using given_t = typename GivenOf<Mask, std::index_sequence_for<As...>, As...>::type;

template <class F, class List>
struct CallOf;
template <class F, class... Ts>
struct CallOf<F, Types<Ts...>> : std::is_invocable<F&, Ts...> {
  using Result = std::invoke_result<F&, Ts...>;
};

template <class F, MoveMask Mask, class... As>
inline constexpr bool fits = CallOf<F, given_t<Mask, As...>>::value;

/// Arguments the function insists on having as T&&: it gets a copy where the object is still needed.
struct Fit {
  bool possible = false;
  MoveMask must_move = 0;
};

template <class F, class... As, std::size_t... Is>
constexpr Fit find_fit(std::index_sequence<Is...>) {
  if constexpr (fits<F, 0, As...>) {
    return {true, 0};
  } else {
    constexpr MoveMask all = (MoveMask{0} | ... | kBit<Is>);
    if constexpr (!fits<F, all, As...>) {
      return {};
    } else {
      constexpr MoveMask needed = (MoveMask{0} | ... | (fits<F, all & ~kBit<Is>, As...> ? 0 : kBit<Is>));
      return {true, fits<F, needed, As...> ? needed : all};
    }
  }
}

/// F and As decayed and stored.
template <class F, class... As>
inline constexpr Fit kFit = find_fit<F, As...>(std::index_sequence_for<As...>{});

template <class F, bool Possible, class... As>
struct ResultOf {
  using type = void;
};
template <class F, class... As>
struct ResultOf<F, true, As...> {
  using type = std::decay_t<typename CallOf<F, given_t<kFit<F, As...>.must_move, As...>>::Result::type>;
};

/// What the call makes: a reference becomes a value. void also if the call does not fit (see require_call).
template <class F, class... Args>
using result_of_call =
    typename ResultOf<std::decay_t<F>, kFit<std::decay_t<F>, stored_t<Args>...>.possible, stored_t<Args>...>::type;

/// Its name shows in the compiler's message what the function is given.
template <class F, class Given>
struct FunctionIsGiven {
  static_assert(
      CallOf<F, Given>::value,
      "cohort: the function cannot be called with these arguments. It is given a T&& for an argument of type T "
      "(a std::string for a string literal), a const T& for a Future<T>, a cohort::Inputs<T> (which converts "
      "to const std::vector<T>&) for a std::vector<Future<T>>, and nothing for a Future<void>. Parameters of "
      "type T& do not fit: take const T&, T or T&&");
  static constexpr bool checked = true;
};

template <class F, class... Args>
inline constexpr bool call_is_possible =
    function_object_travels<std::decay_t<F>>&& kFit<std::decay_t<F>, stored_t<Args>...>.possible;

template <class A>
constexpr void require_argument() {
  if constexpr (Argument<A>::kFrom == ArgumentKind::From::payload) require_transferable<A>();
}

/// Compiles only if submit(f, args...) makes sense; otherwise the message says what to do.
template <class F, class... Args>
constexpr void require_call() {
  using Function = std::decay_t<F>;
  static_assert(sizeof...(Args) <= kMostArguments, "cohort: a call has at most 64 arguments");
  require_function_object<Function>();
  (require_argument<stored_t<Args>>(), ...);
  if constexpr (!function_object_travels<Function>) {
    return;
  } else if constexpr (!call_is_possible<F, Args...>) {
    static_assert(FunctionIsGiven<Function, given_t<0, stored_t<Args>...>>::checked);
  } else if constexpr (!std::is_void_v<result_of_call<F, Args...>>) {
    require_transferable<result_of_call<F, Args...>>();
  }
}

/// Calls `visit` with each future among the arguments, in the order in which they are inputs of the task.
template <class Visit, class... Args>
void for_each_future(Visit&& visit, const Args&... args) {
  const auto one = [&visit](const auto& arg) {
    constexpr auto from = Argument<std::decay_t<decltype(arg)>>::kFrom;
    if constexpr (from == ArgumentKind::From::future) {
      visit(arg);
    } else if constexpr (from == ArgumentKind::From::future_vector) {
      for (const auto& future : arg) visit(future);
    }
  };
  (one(args), ...);
}

}  // namespace cohort::detail
