#include "monte_carlo/philox.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include "monte_carlo/moments.hpp"
#include "monte_carlo/random_pair.hpp"

TEST_CASE("Philox gives the bits that its authors publish (kat_vectors of Random123)") {
  static_assert(philox({0, 0, 0, 0}, {0, 0}) == PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  static_assert(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
                PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  static_assert(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
                PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  volatile std::uint32_t zero = 0;  // not by the compiler alone
  CHECK(philox({zero, 0, 0, 0}, {0, 0}) == PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
}

TEST_CASE("uniform numbers lie between 0 and 1, and differ by seed, index and stream") {
  const RandomPair pair = uniform_pair(1, 2, 3);
  for (const RandomPair& other : {uniform_pair(1UL << 32, 2, 3), uniform_pair(1, 2UL << 32, 3), uniform_pair(1, 3, 3),
                                  uniform_pair(1, 2, 4), uniform_pair(1, 2, 3UL << 32), uniform_pair(2, 2, 3)}) {
    CHECK(other.a != pair.a);
    CHECK(other.b != pair.b);
  }
  double sum = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const RandomPair each = uniform_pair(1, i);
    REQUIRE((each.a > 0 && each.a < 1 && each.b > 0 && each.b < 1));
    sum += each.a + each.b;
  }
  CHECK(sum / 20'000 == doctest::Approx(0.5).epsilon(0.02));
}

TEST_CASE("normal numbers have mean 0 and variance 1, and none is beyond the greatest") {
  double sum = 0;
  double squares = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const RandomPair each = normal_pair(1, i);
    REQUIRE(std::abs(each.a) < kGreatestNormal);
    REQUIRE(std::abs(each.b) < kGreatestNormal);
    sum += each.a + each.b;
    squares += each.a * each.a + each.b * each.b;
  }
  CHECK(std::abs(sum / 20'000) < 0.03);
  CHECK(squares / 20'000 == doctest::Approx(1).epsilon(0.04));
}

TEST_CASE("moments are those of the numbers, and the same bits in any order") {
  constexpr double kScale = 8;
  Moments forward;
  Moments backward;
  for (const double number : {1.0, 2.0, 3.0, 7.999999}) forward.add(Moments::units_of(number, kScale));
  Moments first;
  for (const double number : {7.999999, 3.0}) first.add(Moments::units_of(number, kScale));
  for (const double number : {2.0, 1.0}) backward.add(Moments::units_of(number, kScale));
  backward.add(first);
  CHECK(forward.mean(kScale) == doctest::Approx(3.49999975));
  CHECK(forward.standard_error(kScale) == doctest::Approx(1.554563));
  CHECK(forward.mean(kScale) == backward.mean(kScale));
  CHECK(forward.standard_error(kScale) == backward.standard_error(kScale));
}
