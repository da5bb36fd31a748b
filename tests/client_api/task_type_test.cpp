#include "cohort/detail/task_type.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "base/module_table.hpp"

namespace {

/// Counts what is done to it.
struct Tracked {
  static inline int copies = 0;
  static inline int moves = 0;

  Tracked() = default;
  explicit Tracked(int v) : value(v) {}
  Tracked(const Tracked& other) : value(other.value) { ++copies; }
  Tracked(Tracked&& other) noexcept : value(std::exchange(other.value, -1)) { ++moves; }
  Tracked& operator=(const Tracked&) = default;
  Tracked& operator=(Tracked&&) = default;

  int plus(int x) const { return value + x; }
  int add(int x) { return value += x; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& value;
  }

  int value = 0;
};

struct Pinned {
  explicit Pinned(int v) : value(v) {}
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  int value;
};

/// Only for this test: what a future is made of does not matter here.
struct Number {
  int value;
};

}  // namespace

template <>
class cohort::Future<Number> {
 public:
  explicit Future(int number) : id(number) {}
  int id;
};

namespace {

using cohort::Future;
using cohort::Inputs;
using cohort::UsageError;
using cohort::base::ModuleTable;
using cohort::detail::ArgumentKind;
using cohort::detail::DecodeError;
using cohort::detail::Decoder;
using cohort::detail::encode_call;
using cohort::detail::Encoder;
using cohort::detail::for_each_future;
using cohort::detail::make_value;
using cohort::detail::object_of;
using cohort::detail::result_of_call;
using cohort::detail::task_type;
using cohort::detail::TaskCall;
using cohort::detail::TaskInput;
using cohort::detail::TaskType;
using cohort::detail::Value;

template <class T>
using Futures = std::vector<Future<T>>;

template <class T, class... Args>
TaskInput shared(Args&&... args) {
  return {make_value<T>(std::forward<Args>(args)...), false};
}
template <class T, class... Args>
TaskInput last_use(Args&&... args) {
  return {make_value<T>(std::forward<Args>(args)...), true};
}
TaskInput nothing() { return {}; }

/// Runs f as a task whose arguments are of the types Args. `counts`: lengths of those that are vectors of futures;
/// `plain`: those that are no futures.
template <class... Args, class F, class... Plain>
Value run(F f, const std::vector<std::uint32_t>& counts, std::vector<TaskInput> inputs, const Plain&... plain) {
  auto image = ModuleTable::leader();
  Encoder out(&image);
  for (const std::uint32_t count : counts) out.write_value(count);
  encode_call(out, f, plain...);
  TaskCall call{Decoder(out.bytes().view(), &image), inputs, {}};
  task_type<F, Args...>().run(call);
  return std::move(call.result);
}

template <class R>
const R& as(const Value& value) {
  REQUIRE(&value.box()->type() == &cohort::detail::value_type<R>());
  return object_of<R>(value);
}

void forget_counts() { Tracked::copies = Tracked::moves = 0; }

int add(int a, int b) { return a + b; }

}  // namespace

TEST_CASE("plain arguments reach a function, and its result is kept") {
  CHECK(as<int>(run<int, int>(&add, {}, {}, 40, 2)) == 42);
  CHECK(as<int>(run<int>([k = 2](int x) { return x * k; }, {}, {}, 21)) == 42);
  CHECK(as<int>(run<int, int>(std::plus<>{}, {}, {}, 1, 2)) == 3);
}

TEST_CASE("string literals, C strings and char arrays arrive as std::string") {
  const auto length = [](const std::string& a, std::string b, std::string&& c) {
    return a.size() + b.size() + c.size();
  };
  char array[8] = "four";
  const char* pointer = "ab";
  CHECK(as<std::size_t>(run<const char(&)[4], const char*, char(&)[8]>(length, {}, {}, "abc", pointer, array)) == 9);
  const char* none = nullptr;
  CHECK_THROWS_AS((run<const char*>([](const std::string&) {}, {}, {}, none)), UsageError);
}

TEST_CASE("a plain argument is moved into a parameter by value") {
  forget_counts();
  const Tracked argument(5);
  CHECK(as<int>(run<Tracked>([](Tracked t) { return t.value; }, {}, {}, argument)) == 5);
  CHECK(Tracked::copies == 0);
  CHECK(as<int>(run<Tracked>([](Tracked&& t) { return t.value; }, {}, {}, argument)) == 5);
  CHECK(as<int>(run<Tracked>([](const Tracked& t) { return t.value; }, {}, {}, argument)) == 5);
  CHECK(Tracked::copies == 0);
}

TEST_CASE("a void function leaves no value") {
  CHECK(!run<int>([](int) {}, {}, {}, 1));
  CHECK(task_type<void (*)(int), int>().result == nullptr);
}

TEST_CASE("the result is made where it stays") {
  forget_counts();
  CHECK(as<Tracked>(run<>([] { return Tracked(3); }, {}, {})).value == 3);
  CHECK(Tracked::copies + Tracked::moves == 0);
}

TEST_CASE("a result by reference becomes a value") {
  static const Tracked kept(8);
  const auto f = []() -> const Tracked& { return kept; };
  static_assert(std::is_same_v<result_of_call<decltype(f)>, Tracked>);
  CHECK(as<Tracked>(run<>(f, {}, {})).value == 8);
}

TEST_CASE("a future's value is read in place") {
  forget_counts();
  const TaskInput input = shared<Tracked>(4);
  const Tracked* seen = &object_of<Tracked>(input.value);
  const auto f = [seen](const Tracked& t) { return &t == seen; };
  CHECK(as<bool>(run<Future<Tracked>>(f, {}, {input})));
  CHECK(Tracked::copies + Tracked::moves == 0);
}

TEST_CASE("a future's value is copied into a parameter by value while others need it, and moved when none does") {
  const auto by_value = [](Tracked t) { return t.value; };
  forget_counts();
  CHECK(as<int>(run<Future<Tracked>>(by_value, {}, {shared<Tracked>(4)})) == 4);
  CHECK(Tracked::copies == 1);
  CHECK(Tracked::moves == 0);
  forget_counts();
  CHECK(as<int>(run<Future<Tracked>>(by_value, {}, {last_use<Tracked>(4)})) == 4);
  CHECK(Tracked::copies == 0);
  CHECK(Tracked::moves == 1);
}

TEST_CASE("a function that takes only T&& gets the object or a copy") {
  const auto eats = [](Tracked&& t) { return std::exchange(t.value, 0); };
  forget_counts();
  const TaskInput kept = shared<Tracked>(4);
  CHECK(as<int>(run<Future<Tracked>>(eats, {}, {kept})) == 4);
  CHECK(object_of<Tracked>(kept.value).value == 4);
  CHECK(Tracked::copies == 1);
  forget_counts();
  CHECK(as<int>(run<Future<Tracked>>(eats, {}, {last_use<Tracked>(4)})) == 4);
  CHECK(Tracked::copies + Tracked::moves == 0);
}

TEST_CASE("what cannot be copied is copied the way it travels") {
  const auto eats = [](std::unique_ptr<int>&& p) { return *p; };
  CHECK(as<int>(run<Future<std::unique_ptr<int>>>(eats, {}, {shared<std::unique_ptr<int>>(new int(6))})) == 6);
  const auto looks = [](const std::unique_ptr<int>& p) { return *p; };
  CHECK(as<int>(run<Future<std::unique_ptr<int>>>(looks, {}, {shared<std::unique_ptr<int>>(new int(6))})) == 6);
}

TEST_CASE("each of several inputs is moved or not on its own") {
  const auto f = [](Tracked a, Tracked b, const Tracked& c, Tracked&& d) {
    return a.value + b.value + c.value + d.value;
  };
  forget_counts();
  CHECK(as<int>(run<Future<Tracked>, Future<Tracked>, Future<Tracked>, Future<Tracked>>(
            f, {}, {last_use<Tracked>(1), shared<Tracked>(2), last_use<Tracked>(3), shared<Tracked>(4)})) == 10);
  CHECK(Tracked::moves == 1);
  CHECK(Tracked::copies == 2);
}

TEST_CASE("a call with many futures is right beyond the choices that are compiled in") {
  const auto f = [](auto a, auto b, auto c, auto d, auto e, auto g) {
    return a.value + b.value + c.value + d.value + e.value + g.value;
  };
  using A = Future<Tracked>;
  std::vector<TaskInput> inputs;
  for (int i = 1; i <= 6; ++i) inputs.push_back(last_use<Tracked>(i));
  CHECK(as<int>(run<A, A, A, A, A, A>(f, {}, inputs)) == 21);
}

TEST_CASE("member functions take their object from a future or from a plain argument") {
  CHECK(as<int>(run<Future<Tracked>, int>(&Tracked::plus, {}, {shared<Tracked>(4)}, 3)) == 7);
  CHECK(as<int>(run<Tracked, int>(&Tracked::plus, {}, {}, Tracked(4), 3)) == 7);
  CHECK(as<int>(run<Tracked, int>(&Tracked::add, {}, {}, Tracked(4), 3)) == 7);
  CHECK(as<int>(run<Future<Tracked>>(&Tracked::value, {}, {shared<Tracked>(4)})) == 4);
}

TEST_CASE("a member function that changes its object changes a copy while others need it") {
  const TaskInput kept = shared<Tracked>(4);
  CHECK(as<int>(run<Future<Tracked>, int>(&Tracked::add, {}, {kept}, 3)) == 7);
  CHECK(object_of<Tracked>(kept.value).value == 4);
}

TEST_CASE("a Future<void> only orders") {
  CHECK(as<int>(run<int, Future<void>, Future<int>>(&add, {}, {nothing(), shared<int>(2)}, 40)) == 42);
  CHECK(as<int>(run<Futures<void>, int, int>(&add, {3}, {nothing(), nothing(), nothing()}, 40, 2)) == 42);
}

TEST_CASE("a vector of futures reads like a vector, where the values lie") {
  const auto sum = [](const auto& xs) { return std::accumulate(xs.begin(), xs.end(), 0); };
  CHECK(as<int>(run<Futures<int>>(sum, {3}, {shared<int>(1), shared<int>(2), shared<int>(3)})) == 6);
  CHECK(as<int>(run<Futures<int>>(sum, {0}, {})) == 0);
  forget_counts();
  const auto reads = [](const Inputs<Tracked>& xs) {
    int all = static_cast<int>(xs.size()) + xs[1].value + xs.at(0).value + xs.front().value + xs.back().value;
    for (const Tracked& x : xs) all += x.value;
    CHECK(!xs.empty());
    CHECK_THROWS_AS(xs.at(2), std::out_of_range);
    CHECK(std::ranges::max_element(xs, {}, &Tracked::value)->value == 20);
    CHECK(xs.end() - xs.begin() == 2);
    CHECK(xs.begin()[1].value == 20);
    return all;
  };
  CHECK(as<int>(run<Futures<Tracked>>(reads, {2}, {last_use<Tracked>(10), shared<Tracked>(20)})) == 92);
  CHECK(Tracked::copies + Tracked::moves == 0);
}

TEST_CASE("a function that wants a vector gets one, with what nobody else needs moved into it") {
  const auto inputs = [] { return std::vector<TaskInput>{last_use<Tracked>(10), shared<Tracked>(20)}; };
  const auto check = [](const Value& sum) {
    CHECK(as<int>(sum) == 30);
    CHECK(Tracked::copies == 1);
    CHECK(Tracked::moves == 1);
  };
  forget_counts();
  check(run<Futures<Tracked>>([](const std::vector<Tracked>& v) { return v[0].value + v[1].value; }, {2}, inputs()));
  forget_counts();
  check(run<Futures<Tracked>>([](std::vector<Tracked> v) { return v[0].value + v[1].value; }, {2}, inputs()));
  forget_counts();
  check(run<Futures<Tracked>>([](std::vector<Tracked>&& v) { return v[0].value + v[1].value; }, {2}, inputs()));
}

TEST_CASE("values that were read before stay where they are when a vector is made of them") {
  const auto f = [](Inputs<Tracked> xs) {
    const Tracked& first = xs[0];
    const std::vector<Tracked>& all = xs;
    CHECK(&static_cast<const std::vector<Tracked>&>(xs) == &all);
    return first.value + all[0].value + xs[0].value;
  };
  CHECK(as<int>(run<Futures<Tracked>>(f, {1}, {last_use<Tracked>(5)})) == 15);
}

TEST_CASE("values that were moved into a vector are read from it") {
  const auto f = [](const Inputs<Tracked>& xs) {
    const auto first = xs.begin();
    const std::vector<Tracked>& all = xs;
    const Inputs<Tracked> copy = xs;
    return first->value + all[0].value + xs[0].value + copy[0].value;
  };
  forget_counts();
  CHECK(as<int>(run<Futures<Tracked>>(f, {1}, {last_use<Tracked>(5)})) == 20);
  CHECK(Tracked::copies == 0);
}

TEST_CASE("vectors of bool and of what cannot be copied work as inputs") {
  const auto count = [](const std::vector<bool>& v) { return std::count(v.begin(), v.end(), true); };
  CHECK(as<std::ptrdiff_t>(run<Futures<bool>>(count, {2}, {shared<bool>(true), shared<bool>(false)})) == 1);
  const auto sum = [](const std::vector<std::unique_ptr<int>>& v) { return *v[0] + *v[1]; };
  CHECK(as<int>(run<Futures<std::unique_ptr<int>>>(
            sum, {2}, {shared<std::unique_ptr<int>>(new int(1)), last_use<std::unique_ptr<int>>(new int(2))})) == 3);
}

TEST_CASE("several vectors and plain arguments keep their places") {
  const auto f = [](const std::vector<int>& a, int b, int c, const auto& d, const std::string& e) {
    return std::to_string(a.size()) + std::to_string(b) + std::to_string(c) + std::to_string(d[0]) + e;
  };
  const Value result = run<Futures<int>, int, Future<int>, Futures<int>, std::string>(
      f, {2, 1}, {shared<int>(0), shared<int>(0), shared<int>(6), shared<int>(7)}, 5, std::string("e"));
  CHECK(as<std::string>(result) == "2567e");
}

TEST_CASE("what the function throws comes out, and no value is left") {
  CHECK_THROWS_WITH_AS(run<int>([](int) -> int { throw std::out_of_range("mine"); }, {}, {}, 1), "mine",
                       std::out_of_range);
}

TEST_CASE("a payload that does not fit its call is a decode error") {
  auto image = ModuleTable::leader();
  const auto run_bytes = [&](const TaskType& type, std::span<const std::byte> bytes, std::vector<TaskInput> inputs) {
    TaskCall call{Decoder(bytes, &image), inputs, {}};
    type.run(call);
  };
  const auto sum = [](const auto& xs) { return xs.size(); };
  const auto& type = task_type<decltype(sum), Futures<int>>();
  Encoder two(&image);
  two.write_value(std::uint32_t{2});
  CHECK_NOTHROW(run_bytes(type, two.bytes().view(), {shared<int>(1), shared<int>(2)}));
  CHECK_THROWS_AS(run_bytes(type, two.bytes().view(), {shared<int>(1)}), DecodeError);
  CHECK_THROWS_AS(run_bytes(type, {}, {}), DecodeError);
  two.write_value('x');
  CHECK_THROWS_AS(run_bytes(type, two.bytes().view(), {shared<int>(1), shared<int>(2)}), DecodeError);
}

TEST_CASE("a kind of call says what its arguments are, and lies in the image") {
  using F = int (*)(int, int, const Inputs<int>&);
  const TaskType& type = task_type<F, int, Future<int>&, const Futures<int>&, Future<void>>();
  CHECK(&type == &task_type<F, const int&, Future<int>, Futures<int>, Future<void>>());
  REQUIRE(type.argument_count == 4);
  CHECK(type.arguments[0].from == ArgumentKind::From::payload);
  CHECK(type.arguments[0].value_type == nullptr);
  CHECK(type.arguments[1].from == ArgumentKind::From::future);
  CHECK(type.arguments[1].value_type == &cohort::detail::value_type<int>());
  CHECK(type.arguments[2].from == ArgumentKind::From::future_vector);
  CHECK(type.arguments[2].value_type == &cohort::detail::value_type<int>());
  CHECK(type.arguments[3].from == ArgumentKind::From::future);
  CHECK(type.arguments[3].value_type == nullptr);
  CHECK(type.result == &cohort::detail::value_type<int>());
  auto image = ModuleTable::leader();
  CHECK(image.from_code(image.to_code(&type)) == &type);
}

TEST_CASE("the futures among the arguments are visited in the order of the inputs") {
  std::vector<int> seen;
  const std::vector<Future<Number>> several = {Future<Number>(2), Future<Number>(3)};
  const Future<Number> one(1);
  for_each_future([&](const auto& future) { seen.push_back(future.id); }, 7, one, several, "text", Future<Number>(4));
  CHECK(seen == std::vector{1, 2, 3, 4});
}

TEST_CASE("a call is encoded in the documented layout") {
  const std::vector<Future<Number>> several = {Future<Number>(2), Future<Number>(3)};
  const auto f = [k = 7](Number a, const auto& b, int c) { return a.value + b[1].value + c + k; };
  auto image = ModuleTable::leader();
  Encoder out(&image);
  encode_call(out, f, Future<Number>(1), several, 100);
  Decoder in(out.bytes().view());
  CHECK(in.read_value<std::uint32_t>() == 2);
  CHECK(in.read_value<int>() == 7);
  CHECK(in.read_value<int>() == 100);
  CHECK(in.left() == 0);
  std::vector<TaskInput> inputs = {shared<Number>(Number{10}), shared<Number>(Number{20}), shared<Number>(Number{30})};
  TaskCall call{Decoder(out.bytes().view(), &image), inputs, {}};
  task_type<decltype(f), Future<Number>, decltype(several), int>().run(call);
  CHECK(as<int>(call.result) == 147);
}

TEST_CASE("a closure that captured by reference is refused when it is encoded") {
  auto image = ModuleTable::leader();
  Encoder out(&image);
  int local = 1;
  CHECK_THROWS_AS(encode_call(
                      out, [&local](int x) { return local + x; }, 1),
                  UsageError);
}

TEST_CASE("an object that can be neither moved nor copied is made in place") {
  // No archive can rebuild a Pinned, so it cannot travel; only the box is looked at.
  using cohort::detail::FromCall;
  using cohort::detail::TypedBox;
  const cohort::detail::ValueType type{&typeid(Pinned), nullptr, nullptr, nullptr, false};
  const TypedBox<Pinned> box(type, FromCall{}, [] { return Pinned(9); });
  CHECK(box.object.value == 9);
}

TEST_CASE("results decay, and a call that does not fit has no result") {
  const auto takes_non_const = [](std::string&) { return 1; };
  static_assert(std::is_same_v<result_of_call<decltype(takes_non_const), std::string>, void>);
  static_assert(std::is_same_v<result_of_call<int (&)(int, int), int&, Future<int>>, int>);
  static_assert(std::is_same_v<result_of_call<std::plus<>, const std::string&, const char*>, std::string>);
  CHECK(true);
}
