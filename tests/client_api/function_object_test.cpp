#include "cohort/detail/function_object.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/module_table.hpp"
#include "cohort/detail/codec.hpp"

namespace {

using cohort::UsageError;
using cohort::base::ModuleTable;
using cohort::detail::check_captures;
using cohort::detail::decode_function;
using cohort::detail::DecodeError;
using cohort::detail::Decoder;
using cohort::detail::encode_function;
using cohort::detail::Encoder;
using cohort::detail::require_function_object;

/// What arrives when `f` travels.
template <class F>
F travelled(const F& f) {
  require_function_object<F>();
  auto image = ModuleTable::leader();
  Encoder out(&image);
  encode_function(f, out);
  Decoder in(out.bytes().view(), &image);
  F arrived = decode_function<F>(in);
  CHECK(in.left() == 0);
  return arrived;
}

template <class F>
std::size_t bytes_of(const F& f) {
  auto image = ModuleTable::leader();
  Encoder out(&image);
  encode_function(f, out);
  return out.total_bytes();
}

int twice(int x) { return 2 * x; }
int thrice(int x) noexcept { return 3 * x; }

struct Left {
  virtual ~Left() = default;
  virtual int who() const { return 1; }
  int left = 10;
};
struct Right {
  virtual ~Right() = default;
  virtual int whom() const { return 2; }
  int right_plus(int x) const { return right + x; }
  int right = 20;
};
struct Both : Left, Right {
  int who() const override { return 3; }
  int whom() const override { return 4; }
};

// g++'s vptr check takes the adjusted object for a Both, without any of this library.
template <class F, class... Args>
__attribute__((no_sanitize("vptr"))) int call_adjusted(Both& both, F f, Args... args) {
  return (both.*f)(args...);
}

/// Adds a table of numbers; not trivially copyable.
struct SerializedFunction {
  std::vector<int> added;
  int operator()(int x) const { return std::accumulate(added.begin(), added.end(), x); }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& added;
  }
};

/// Trivially copyable too, but its serialize has the last word.
struct ChoosesItsBytes {
  int kept = 1;
  int left_behind = 2;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& kept;
  }
  int operator()() const { return kept * 10 + left_behind; }
};

}  // namespace

TEST_CASE("functions travel by their address in the image") {
  CHECK(travelled(&twice)(4) == 8);
  CHECK(travelled(&thrice)(4) == 12);
  CHECK(bytes_of(&twice) == 8);
}

TEST_CASE("a null function pointer is a usage error") {
  int (*none)(int) = nullptr;
  CHECK_THROWS_AS(bytes_of(none), UsageError);
  int (Left::*no_member)() const = nullptr;
  CHECK_THROWS_AS(bytes_of(no_member), UsageError);
}

TEST_CASE("member functions travel, and so do data members") {
  Both both;
  CHECK((both.*travelled(&Right::right_plus))(2) == 22);
  CHECK(both.*travelled(&Left::left) == 10);
}

TEST_CASE("a virtual member function is looked up in the object it meets") {
  const Both both;
  const Left left;
  const Left& as_left = both;
  CHECK((left.*travelled(&Left::who))() == 1);
  CHECK((as_left.*travelled(&Left::who))() == 3);
  const Right& as_right = both;
  CHECK((as_right.*travelled(&Right::whom))() == 4);
}

TEST_CASE("a member function keeps its adjustment of this") {
  Both both;
  both.right = 30;
  int (Both::*adjusted)(int) const = &Right::right_plus;
  int (Both::*adjusted_virtual)() const = &Both::whom;
  CHECK(call_adjusted(both, travelled(adjusted), 1) == 31);
  CHECK(call_adjusted(both, travelled(adjusted_virtual)) == 4);
}

TEST_CASE("a lambda without captures needs no bytes") {
  const auto f = [](int x) { return x + 1; };
  CHECK(bytes_of(f) == 0);
  CHECK(travelled(f)(1) == 2);
  CHECK(bytes_of(std::plus<>{}) == 0);
  CHECK(travelled(std::plus<>{})(1, 2) == 3);
}

TEST_CASE("captured values travel") {
  int a = 5;
  double b = 0.5;
  std::array<char, 3> text = {'a', 'b', 'c'};
  const auto f = [a, b, text](int x) { return a * b + x + text[2]; };
  CHECK(travelled(f)(1) == f(1));
  auto counter = [n = 3]() mutable { return ++n; };
  auto arrived = travelled(counter);
  CHECK(arrived() == 4);
  CHECK(arrived() == 5);
}

TEST_CASE("a function object with serialize travels by it") {
  CHECK(travelled(SerializedFunction{{1, 2, 3}})(4) == 10);
  const ChoosesItsBytes f{7, 9};
  CHECK(travelled(f)() == 72);
}

#if __has_builtin(__builtin_clear_padding)
TEST_CASE("equal closures have equal bytes, whatever their padding holds") {
  auto image = ModuleTable::leader();
  const auto bytes_on_dirty_stack = [&](unsigned char dirt) {
    const auto closure = [flag = true, wide = std::int64_t{3}] { return flag ? wide : 0; };
    std::array<unsigned char, 2 * sizeof closure> memory;
    memory.fill(dirt);
    auto* placed = reinterpret_cast<decltype(closure)*>(memory.data());
    // What a compiler does that stores member by member.
    std::copy_n(reinterpret_cast<const unsigned char*>(&closure), 1, memory.data());
    std::copy_n(reinterpret_cast<const unsigned char*>(&closure) + 8, 8, memory.data() + 8);
    Encoder out(&image);
    encode_function(*placed, out);
    return std::vector<std::byte>(out.bytes().view().begin(), out.bytes().view().end());
  };
  CHECK(bytes_on_dirty_stack(0x00) == bytes_on_dirty_stack(0xff));
}
#endif

TEST_CASE("a capture by reference to a local variable is a usage error") {
  int local = 1;
  std::vector<int> values = {1, 2};
  CHECK_THROWS_WITH_AS(check_captures([&local] { return local; }), doctest::Contains("Capture by value"), UsageError);
  CHECK_THROWS_AS(check_captures([&] { return local + values[0]; }), UsageError);
  CHECK_THROWS_AS(check_captures([p = &local, n = 3] { return *p + n; }), UsageError);
  CHECK_THROWS_AS(check_captures([n = 3, flag = true, &values] { return flag ? n : values[0]; }), UsageError);
}

[[gnu::noinline]] void submit_from_deeper(int& outer) {
  CHECK_THROWS_AS(check_captures([&outer] { return outer; }), UsageError);
}

TEST_CASE("a reference to a variable further up the stack is found too") {
  int outer = 1;
  submit_from_deeper(outer);
}

TEST_CASE("a capture by reference is found on any thread's own stack") {
  std::thread([] {
    int local = 1;
    CHECK_THROWS_AS(check_captures([&local] { return local; }), UsageError);
  }).join();
}

TEST_CASE("captured numbers are never taken for addresses") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const auto a = random();
    const auto b = static_cast<int>(random());
    const auto c = static_cast<std::int64_t>(random() % 1'000'000'000'000);
    const bool d = (random() & 1) != 0;
    check_captures([a, b, c, d] { return a + static_cast<std::uint64_t>(b + c + d); });
    check_captures([d, a] { return d ? a : 0; });
    check_captures([b] { return b; });
  }
}

TEST_CASE("functions, globals and captures of an odd size are let through") {
  check_captures(&twice);
  check_captures(&Left::who);
  static int global = 1;
  check_captures([] { return ++global; });
  struct Odd {
    std::array<char, 13> text;
    int operator()() const { return text[0]; }
  };
  check_captures(Odd{});
}

TEST_CASE("bytes that are no function are a decode error") {
  auto image = ModuleTable::leader();
  const std::array<std::byte, 17> zeros{};
  {
    Decoder in(zeros, &image);
    CHECK_THROWS_AS(decode_function<int (*)(int)>(in), DecodeError);
  }
  {
    Decoder in(zeros, &image);
    CHECK_THROWS_AS(decode_function<decltype(&Left::who)>(in), DecodeError);
  }
  Decoder too_short(std::span<const std::byte>(zeros).first(3), &image);
  const auto f = [n = 7] { return n; };
  CHECK_THROWS_AS(decode_function<std::remove_const_t<decltype(f)>>(too_short), DecodeError);
}
