#include <doctest/doctest.h>

#include <random>
#include <utility>
#include <vector>

#include "base/thin_vector.hpp"

namespace cohort::base {

TEST_CASE("an empty thin vector is eight bytes and has no memory") {
  const ThinVector<int> none;
  CHECK(sizeof(none) == 8);
  CHECK(none.empty());
  CHECK(none.capacity() == 0);
  CHECK(none.begin() == none.end());
}

TEST_CASE("a thin vector holds what a vector does, whatever is done to it") {
  std::mt19937 random(7);
  ThinVector<long> thin;
  std::vector<long> plain;
  for (int step = 0; step < 20'000; ++step) {
    const auto what = static_cast<unsigned>(random() % 1000);
    if (what < 900) {
      thin.push_back(step);
      plain.push_back(step);
    } else if (what < 990) {
      const auto third = [&](long x) { return x % 3 == static_cast<long>(what % 3); };
      thin.erase_if(third);
      std::erase_if(plain, third);
    } else if (what < 995) {
      ThinVector<long> copy = thin;
      thin.push_back(0);
      thin = std::move(copy);
    } else {
      thin.push_back(plain.empty() ? 1 : thin[0]);  // one of its own
      plain.push_back(plain.empty() ? 1 : plain[0]);
    }
    REQUIRE(std::vector<long>(thin.begin(), thin.end()) == plain);
    REQUIRE(thin.capacity() >= thin.size());
    if (plain.size() > 200) {
      thin = {};
      plain = {};
    }
  }
}

}  // namespace cohort::base
