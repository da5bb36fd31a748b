#pragma once

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "cohort/detail/core.hpp"
#include "cohort/detail/task_type.hpp"
#include "cohort/future.hpp"

/// From a typed call to a CallRequest.
namespace cohort::detail {

template <class T>
std::vector<FutureHandle> handles_of(const std::vector<Future<T>>& futures) {
  std::vector<FutureHandle> handles;
  handles.reserve(futures.size());
  for (const Future<T>& future : futures) handles.push_back(FutureAccess::handle(future));
  return handles;
}

template <class T>
std::vector<const FutureState*> states_of(const std::vector<Future<T>>& futures) {
  std::vector<const FutureState*> states;
  states.reserve(futures.size());
  for (const Future<T>& future : futures) states.push_back(FutureAccess::handle(future).get());
  return states;
}

template <class A>
void add_inputs(CallRequest&, const A&) {}
template <class T>
void add_inputs(CallRequest& request, const Future<T>& future) {
  request.inputs.push_back(FutureAccess::handle(future).get());
}
template <class T>
void add_inputs(CallRequest& request, const std::vector<Future<T>>& futures) {
  request.inputs.reserve(request.inputs.size() + futures.size());
  for (const Future<T>& future : futures) request.inputs.push_back(FutureAccess::handle(future).get());
}

template <class A>
void keep_inputs(CallRequest&, const A&) {}
template <class T>
void keep_inputs(CallRequest& request, const Future<T>& future) {
  request.kept.push_back(FutureAccess::handle(future));
}
template <class T>
void keep_inputs(CallRequest& request, const std::vector<Future<T>>& futures) {
  for (const Future<T>& future : futures) request.kept.push_back(FutureAccess::handle(future));
}

/// Writes the call f(args...), to be submitted while `args` live. Throws UsageError: f holds an address of the caller's
/// stack, or is null.
template <class F, class... Args>
CallRequest make_request(const std::shared_ptr<Core>& core, const F& f, const Args&... args) {
  CallRequest request;
  request.type = &task_type<F, Args...>();
  Encoder encoder(&code_map(*core));
  try {
    encode_call(encoder, f, args...);
    request.payload = std::move(encoder.bytes());
  } catch (const UsageError&) {
    throw;
  } catch (...) {
    request.unwritable = std::current_exception();
  }
  (add_inputs(request, args), ...);
  return request;
}

/// The same, to be submitted at any time: the request keeps the futures among `args`.
template <class F, class... Args>
CallRequest make_lasting_request(const std::shared_ptr<Core>& core, const F& f, const Args&... args) {
  CallRequest request = make_request(core, f, args...);
  (keep_inputs(request, args), ...);
  return request;
}

// Futures that are given away with a call: their values may be moved into the task.

/// One goes as the call is submitted.
template <class A>
void add_given(CallRequest&, A&&) {}
template <class T>
void add_given(CallRequest& request, Future<T>&& future) {
  request.given.push_back(&FutureAccess::handle(future));
}

/// Of a vector they go, with it, once the call is submitted.
template <class A>
void drop_given_vector(A&&) {}
template <class T>
void drop_given_vector(std::vector<Future<T>>&& futures) {
  const std::vector<Future<T>> dropped = std::move(futures);
}

}  // namespace cohort::detail
