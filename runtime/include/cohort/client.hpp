#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/completion_range.hpp"
#include "cohort/detail/call_request.hpp"
#include "cohort/detail/make_collection.hpp"
#include "cohort/future.hpp"

namespace cohort {

/// What `Client::wait` found: every future of the call in one of the two, in the order given.
template <class T>
struct WaitResult {
  std::vector<Future<T>> done;
  std::vector<Future<T>> pending;
};

namespace detail {

/// What `put` and `broadcast` run on the worker: the value, moved in, is the result.
template <class T>
struct Keep {
  T operator()(T&& value) const { return std::move(value); }
};

}  // namespace detail

/// Submits functions and gets futures. All members may be called from several threads at once.
/// Movable, not copyable; a moved-from client throws UsageError. Every member throws UsageError once its run has ended.
/// Those that wait for tasks, here and of futures and collections, throw TimeLimitReached where the run's time ends
/// first.
class Client {
 public:
  Client(Client&&) noexcept = default;
  Client& operator=(Client&&) noexcept = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() = default;

  /// Runs f(args...) on a worker; returns at once.
  ///
  /// f: a function, a pointer to a member function (the object is the first argument), a lambda without captures or
  /// with trivially copyable ones, a function object that is trivially copyable or has a Boost `serialize`. An argument
  /// may be a Future<T>, for which f gets a const T& (or the object itself as T&&, when nobody else needs it), or a
  /// std::vector<Future<T>>, for which it gets an Inputs<T>, which reads like a const std::vector<T>&. A future that is
  /// given away (std::move) is let go of at once. Other arguments are copied; C strings become std::string. An argument
  /// that cannot be written makes the task fail.
  /// throws  UsageError: f holds an address of the caller's stack; a future is another client's.
  template <class F, class... Args>
    requires(!std::is_same_v<std::decay_t<F>, TaskOptions>)
  auto submit(F&& f, Args&&... args) { return submit(TaskOptions{}, std::forward<F>(f), std::forward<Args>(args)...); }

  /// The same, with options. throws  also UsageError: options that cannot be met, such as a rank that is no worker's.
  template <class F, class... Args>
  auto submit(TaskOptions options, F&& f, Args&&... args) {
    using Result = detail::result_of_call<std::decay_t<F>, detail::stored_t<Args>...>;
    detail::CallRequest request = detail::make_request(core(), f, args...);
    (detail::add_given(request, std::forward<Args>(args)), ...);
    auto future = FutureAccess::make<Result>(detail::submit(core(), std::move(request), std::move(options)));
    (detail::drop_given_vector(std::forward<Args>(args)), ...);
    return future;
  }

  /// Moves a value to a worker.
  template <class T>
  auto put(T&& value) {
    return keep(std::forward<T>(value), false);
  }

  /// Moves a value to a worker and copies it to all others: one copy on each. The future is done once all have it.
  template <class T>
  auto broadcast(T&& value) {
    return keep(std::forward<T>(value), true);
  }

  /// Cuts the elements of a range into chunks and moves them to the workers; a collection stays where it is.
  ///
  /// An lvalue is read before this returns; other ranges are moved in. A range that is computed (std::views::iota, and
  /// what std::views::transform, take, drop and reverse make of it with functions that depend on nothing else) travels
  /// as its description. One that can be gone through only once (a file, a generator) is read by the program's own
  /// threads, here and in later waits, as fast as its chunks are worked on.
  /// throws  UsageError: a function in the range captured by reference.
  template <std::ranges::input_range Range>
    requires(!detail::IsCollection<Range>)
  auto scatter(Range&& range, Chunking chunking = {}) {
    using T = std::ranges::range_value_t<Range>;
    return detail::collect_range<T>(core(), std::forward<Range>(range), detail::Stages<>(),
                                    {.chunking = chunking, .chosen_by_bytes = true});
  }
  template <class C>
    requires detail::IsCollection<C>
  auto scatter(C&& collection) { return std::forward<C>(collection); }

  /// f of each element of a range, in chunks that are chosen by themselves unless `chunking` says how many elements one
  /// has. The range: as for scatter. Of a collection: where its chunks lie, `collection.map(f)`.
  /// f: R f(const T&), or R f(T). throws  UsageError: f or the range holds an address of the caller's stack.
  template <class F, std::ranges::input_range Range>
    requires(!detail::IsCollection<Range>)
  auto map(const F& f, Range&& range, Chunking chunking = {}) {
    return detail::map_range<std::decay_t<F>>(core(), f, std::forward<Range>(range), chunking);
  }
  template <class F, class C>
    requires detail::IsCollection<C>
  auto map(const F& f, C&& collection) { return std::forward<C>(collection).map(f); }

  /// The lines of text files, without their ends, in order: a chunk for each file, read by a worker.
  /// A file that cannot be read fails its chunk with std::system_error.
  auto from_files(const std::vector<std::filesystem::path>& files) {
    return map([](const std::filesystem::path& file) { return file; }, files, {1})
        .flat_map([](const std::filesystem::path& file) { return detail::read_lines(file); });
  }

  /// The values of all, in the order given. Waits; throws the first failure in that order, and counts as looking at
  /// all.
  template <class T>
  std::vector<T> gather(const std::vector<Future<T>>& futures) {
    const std::vector<const detail::FutureState*> states = detail::states_of(futures);
    detail::Prefetch prefetch(states);
    prefetch.look_at_all();
    std::vector<T> values;
    values.reserve(states.size());
    for (std::size_t i = 0; i < states.size(); ++i) {
      detail::TypedReader<T> reader;
      prefetch.read(i, reader);
      values.push_back(reader.take());
    }
    return values;
  }
  /// Waits for all; throws the first failure.
  void gather(const std::vector<Future<void>>& futures) {
    const std::vector<const detail::FutureState*> states = detail::states_of(futures);
    detail::Prefetch prefetch(states);
    prefetch.look_at_all();
    for (std::size_t i = 0; i < states.size(); ++i) {
      detail::TypedReader<void> reader;
      prefetch.read(i, reader);
    }
  }

  /// Waits until all have ended, or the first has, or the first has failed (or all have ended); for at most `timeout`:
  /// running out of it is not an error. A failed future counts as done, and not as looked at.
  template <class T>
  WaitResult<T> wait(const std::vector<Future<T>>& futures, std::chrono::nanoseconds timeout = forever,
                     When when = When::all) {
    const std::vector<bool> ended = detail::wait_for_several(detail::states_of(futures), timeout, when);
    WaitResult<T> result;
    for (std::size_t i = 0; i < futures.size(); ++i) (ended[i] ? result.done : result.pending).push_back(futures[i]);
    return result;
  }

  /// The futures in the order they end, each distinct one once. The range owns them.
  template <class T>
  CompletionRange<T> as_completed(std::vector<Future<T>> futures) {
    return CompletionRange<T>(futures);
  }

  /// The chunks of a collection in the order they end. Fixes its layout.
  template <class T>
  CompletionRange<std::vector<T>> as_completed(const Collection<T>& collection) {
    return as_completed(collection.chunks());
  }

  /// Calls f() once on each worker, outside scheduling: not behind its tasks. Waits.
  /// Returns the results by worker index (nothing if f returns void); throws the first failure in that order.
  template <class F>
  auto run_on_all(F&& f) {
    using Result = detail::result_of_call<std::decay_t<F>>;
    std::vector<detail::TypedReader<Result>> readers(static_cast<std::size_t>(worker_count()));
    std::vector<detail::ValueReader*> pointers;
    for (auto& reader : readers) pointers.push_back(&reader);
    detail::run_on_all(*core(), detail::make_request(core(), f), pointers);
    if constexpr (!std::is_void_v<Result>) {
      std::vector<Result> results;
      for (auto& reader : readers) results.push_back(reader.take());
      return results;
    }
  }

  /// Worker ranks; 1 in local mode.
  int worker_count() const { return detail::worker_count(*core()); }
  /// Slots over all workers: so many tasks can run at a time.
  int slot_count() const { return detail::slot_count(*core()); }
  /// How long tasks will still be started as ever: until the time limit (`--cohort-time-limit`, or the end of the job)
  /// less the grace. `forever` without a limit; zero once that has come, or SIGUSR1: calls that wait then throw
  /// TimeLimitReached as soon as no task runs any more.
  std::chrono::nanoseconds time_left() const { return detail::time_left(*core()); }
  /// What rank 0 has sent and received so far.
  Traffic traffic() const { return detail::traffic(*core()); }

  /// For the library.
  explicit Client(std::shared_ptr<detail::Core> core, std::shared_ptr<void> session = nullptr)
      : core_(std::move(core)), session_(std::move(session)) {}

 private:
  const std::shared_ptr<detail::Core>& core() const {
    if (!core_) throw UsageError("this client was moved from: use the one it was moved to");
    return core_;
  }

  template <class T>
  auto keep(T&& value, bool everywhere) {
    using Stored = detail::stored_t<T>;
    detail::require_transferable<Stored>();
    const auto here =
        FutureAccess::make<Stored>(detail::hold(core(), detail::make_value<Stored>(std::forward<T>(value))));
    detail::CallRequest request = detail::make_request(core(), detail::Keep<Stored>{}, here);
    request.broadcast = everywhere;
    return FutureAccess::make<Stored>(detail::submit(core(), std::move(request), {}));
  }

  // In this order: the session, which ends the core, goes first.
  std::shared_ptr<detail::Core> core_;
  std::shared_ptr<void> session_;
};

template <class T>
template <class F>
auto Future<T>::then(F&& f) const& {
  return Client(detail::core_of(state())).submit(std::forward<F>(f), *this);
}

template <class T>
template <class F>
auto Future<T>::then(F&& f) && {
  return Client(detail::core_of(state())).submit(std::forward<F>(f), std::move(*this));
}

}  // namespace cohort
