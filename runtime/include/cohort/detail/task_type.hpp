#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/detail/arguments.hpp"
#include "cohort/detail/codec.hpp"
#include "cohort/detail/copy_of.hpp"
#include "cohort/detail/erased.hpp"
#include "cohort/detail/function_object.hpp"
#include "cohort/detail/value_type.hpp"
#include "cohort/inputs.hpp"

namespace cohort::detail {

/// Decodes one call's function and arguments, calls, and keeps the result. F and As decayed and stored.
///
/// The arguments are taken one after the other (`supply`), each on the stack of the step that took it: nothing is moved
/// on the way to the function, and its result is made where it stays.
template <class F, class... As>
class CallRunner {
 public:
  using Result = result_of_call<F, As...>;

  static void run(TaskCall& call) {
    CallRunner runner(call);
    F function = decode_function<F>(call.payload);
    if constexpr (std::is_void_v<Result>) {
      runner.supply<0, kMustMove>(function);
    } else {
      call.result = Value(new TypedBox<Result>(BoxOf<Result>::kType, FromCall{},
                                               [&]() -> Result { return runner.supply<0, kMustMove>(function); }));
    }
  }

 private:
  static constexpr MoveMask kMustMove = kFit<F, As...>.must_move;
  /// So many arguments are moved or not as the moment has it; more would double the code with each. The others are
  /// given as const T&.
  static constexpr int kMostChoices = 4;

  explicit CallRunner(TaskCall& call) : call_(call) {
    std::size_t expected = 0;
    std::size_t i = 0;
    for (const ArgumentKind::From from : {Argument<As>::kFrom..., ArgumentKind::From::payload}) {
      if (from == ArgumentKind::From::payload) continue;
      counts_[i] = from == ArgumentKind::From::future ? 1 : call.payload.read_value<std::uint32_t>();
      expected += counts_[i++];
    }
    if (expected != call.inputs.size()) throw DecodeError("a task has another number of inputs than its call");
  }

  template <std::size_t I>
  using ArgumentAt = Argument<std::tuple_element_t<I, std::tuple<As...>>>;

  /// Whether argument I may be given either way: both fit, make the same result, and differ in cost.
  template <std::size_t I, MoveMask Mask, int Choices>
  static constexpr bool is_choice() {
    using Object = typename ArgumentAt<I>::Object;
    if constexpr (Choices == kMostChoices || std::is_trivially_copyable_v<Object>) {
      return false;
    } else if constexpr (!fits<F, Mask | kBit<I>, As...>) {
      return false;
    } else {
      return std::is_same_v<std::decay_t<typename CallOf<F, given_t<Mask | kBit<I>, As...>>::Result::type>, Result>;
    }
  }

  /// Takes argument I and all after it, and calls. `chosen`: what the function is given for those before.
  template <std::size_t I, MoveMask Mask, int Choices = 0, class... Chosen>
  Result supply(F& function, Chosen&&... chosen) {
    if constexpr (I == sizeof...(As)) {
      if (call_.payload.left() != 0) throw DecodeError("a task's payload is longer than its call");
      if constexpr (std::is_void_v<Result>) {
        std::invoke(callable(function), std::forward<Chosen>(chosen)...);
      } else {
        return std::invoke(callable(function), std::forward<Chosen>(chosen)...);
      }
    } else {
      using Object = typename ArgumentAt<I>::Object;
      constexpr auto from = ArgumentAt<I>::kFrom;
      if constexpr (from == ArgumentKind::From::payload) {
        Object object = decode<Object>(call_.payload);
        return supply<I + 1, Mask, Choices>(function, std::forward<Chosen>(chosen)..., std::move(object));
      } else {
        const std::span<TaskInput> inputs = next_inputs();
        if constexpr (std::is_void_v<Object>) {
          return supply<I + 1, Mask, Choices>(function, std::forward<Chosen>(chosen)...);
        } else if constexpr (from == ArgumentKind::From::future_vector) {
          return supply<I + 1, Mask, Choices>(function, std::forward<Chosen>(chosen)..., Inputs<Object>(inputs));
        } else if constexpr ((Mask & kBit<I>) != 0) {
          if (inputs[0].may_move) {
            return supply<I + 1, Mask, Choices>(function, std::forward<Chosen>(chosen)...,
                                                std::move(mutable_object_of<Object>(inputs[0].value)));
          }
          Object copy = copy_of(object_of<Object>(inputs[0].value));
          return supply<I + 1, Mask, Choices>(function, std::forward<Chosen>(chosen)..., std::move(copy));
        } else if constexpr (is_choice<I, Mask, Choices>()) {
          if (inputs[0].may_move) {
            return supply<I + 1, Mask | kBit<I>, Choices + 1>(function, std::forward<Chosen>(chosen)...,
                                                              std::move(mutable_object_of<Object>(inputs[0].value)));
          }
          return supply<I + 1, Mask, Choices + 1>(function, std::forward<Chosen>(chosen)...,
                                                  object_of<Object>(inputs[0].value));
        } else {
          return supply<I + 1, Mask, Choices>(function, std::forward<Chosen>(chosen)...,
                                              object_of<Object>(inputs[0].value));
        }
      }
    }
  }

  /// Inputs of the next argument that has any.
  std::span<TaskInput> next_inputs() {
    const std::span<TaskInput> inputs = call_.inputs.subspan(taken_, counts_[at_]);
    taken_ += counts_[at_++];
    return inputs;
  }

  TaskCall& call_;
  std::array<std::uint32_t, sizeof...(As) + 1> counts_{};  ///< inputs of each argument that is no plain one
  std::size_t at_ = 0;
  std::size_t taken_ = 0;
};

template <class T>
constexpr const ValueType* value_type_or_null() {
  if constexpr (std::is_void_v<T>)
    return nullptr;
  else
    return &BoxOf<T>::kType;
}

template <class A>
constexpr ArgumentKind argument_kind() {
  if constexpr (Argument<A>::kFrom == ArgumentKind::From::payload)
    return {Argument<A>::kFrom, nullptr};
  else
    return {Argument<A>::kFrom, value_type_or_null<typename Argument<A>::Object>()};
}

template <class F, class... As>
struct CallType {
  // One more, so that it is never empty.
  static constexpr ArgumentKind kArguments[] = {argument_kind<As>()..., ArgumentKind{}};
  static constexpr TaskType kType{&CallRunner<F, As...>::run, sizeof...(As), kArguments,
                                  value_type_or_null<result_of_call<F, As...>>()};
};

/// The kind of the call f(args...): an object in the program's image.
template <class F, class... Args>
const TaskType& task_type() {
  require_call<F, Args...>();
  if constexpr (call_is_possible<F, Args...>) {  // else: no more messages than the one that helps
    return CallType<std::decay_t<F>, stored_t<Args>...>::kType;
  } else {
    throw UsageError("cohort: this call does not compile");
  }
}

template <class A>
void encode_count(const A& arg, Encoder& out) {
  if constexpr (Argument<std::decay_t<A>>::kFrom == ArgumentKind::From::future_vector) {
    if (arg.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw UsageError("cohort: a task takes at most 4294967295 futures");
    }
    out.write_value(static_cast<std::uint32_t>(arg.size()));
  }
}

template <class A>
void encode_argument(const A& arg, Encoder& out) {
  using Stored = stored_t<A>;
  if constexpr (Argument<Stored>::kFrom != ArgumentKind::From::payload) {
    return;
  } else if constexpr (std::is_same_v<Stored, A>) {
    encode<Stored>(arg, out);
  } else if constexpr (std::is_array_v<A>) {
    encode<Stored>(Stored(arg, strnlen(arg, sizeof(A))), out);
  } else {
    if (arg == nullptr) throw UsageError("cohort: an argument is a null pointer to characters");
    encode<Stored>(Stored(arg), out);
  }
}

/// Writes the payload of f(args...): the layout is TaskType's. All of it goes into the bytes, none into segments.
/// Throws UsageError for a null function, or captures that cannot travel.
template <class F, class... Args>
void encode_call(Encoder& out, const F& f, const Args&... args) {
  out.copy_everything();
  (encode_count(args, out), ...);
  if constexpr (!std::is_function_v<F>) check_captures(f);
  encode_function<std::decay_t<F>>(f, out);
  (encode_argument(args, out), ...);
}

}  // namespace cohort::detail
