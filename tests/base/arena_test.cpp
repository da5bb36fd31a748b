#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/arena.hpp"

namespace cohort::base {

TEST_CASE("pieces of an arena are zeroed, aligned, and do not overlap") {
  Arena arena;
  std::vector<std::uint64_t*> pieces;
  // Up to several of its largest regions, in pieces of many sizes; one is larger than any region.
  std::size_t count = 1;
  for (std::size_t total = 0; total < (std::size_t{6} << 20); total += count) {
    count = pieces.size() == 40 ? std::size_t{3} << 20 : count % 5000 + 7;
    pieces.push_back(arena.make<std::uint64_t>(count));
    REQUIRE(reinterpret_cast<std::uintptr_t>(pieces.back()) % 64 == 0);
    REQUIRE(pieces.back()[0] == 0);
    REQUIRE(pieces.back()[count - 1] == 0);
    pieces.back()[0] = pieces.size();
    pieces.back()[count - 1] = pieces.size();
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) REQUIRE(*pieces[i] == i + 1);
}

TEST_CASE("objects of a stable vector stay where they are, and are destroyed with it") {
  const auto alive = std::make_shared<int>(1);
  struct Holder {
    std::shared_ptr<int> held;
  };
  {
    StableVector<Holder, 16> holders;
    CHECK(holders.size() == 0);
    holders.grow();
    Holder* first = &holders[0];
    holders[0].held = alive;
    for (int i = 0; i < 1000; ++i) holders.grow();
    CHECK(holders.size() == 1001 * 16);
    CHECK(&holders[0] == first);
    holders[holders.size() - 1].held = alive;
    CHECK(holders[17].held == nullptr);
    CHECK(alive.use_count() == 3);
  }
  CHECK(alive.use_count() == 1);
}

}  // namespace cohort::base
