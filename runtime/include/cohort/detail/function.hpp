#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cohort/detail/function_object.hpp"

namespace cohort::detail {

/// A callable as a plain argument of a task: it travels as the function of a task does. F decayed.
template <class F>
class Function {
 public:
  /// Throws UsageError when what `f` captured holds an address of the caller's stack.
  explicit Function(const F& f) : f_(f) {
    require_function_object<F>();
    check_captures(f_);
  }
  Function(const Function&) = default;
  Function(Function&&) = default;
  // An implicit one would ask whether F has one, after which g++ 12 takes a closure for not trivially copyable.
  Function& operator=(const Function&) = delete;

  template <class... Args>
  decltype(auto) operator()(Args&&... args) {
    return std::invoke(callable(f_), std::forward<Args>(args)...);
  }
  const F& function() const { return f_; }

 private:
  friend struct Codec<Function>;
  struct Arrived {};
  Function(Arrived, F&& f) : f_(std::move(f)) {}

  F f_;
};

template <class F>
struct Codec<Function<F>> {
  using Parts = TypeList<>;
  static constexpr std::size_t kLeastBytes = 0;

  static void save(auto& out, const Function<F>& function) { encode_function(function.f_, out.encoder()); }
  static Function<F> load_new(auto& in) {
    return Function<F>(typename Function<F>::Arrived{}, decode_function<F>(in.decoder()));
  }
};

}  // namespace cohort::detail
