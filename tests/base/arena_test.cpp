#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/arena.hpp"
#include "base/sanitized.hpp"

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

TEST_CASE("an arena takes over the large regions of one that is gone, zeroed all the same") {
  constexpr std::size_t kRegion = std::size_t{2} << 20;
  const auto fill = [](Arena& arena, int value) {
    std::byte* piece = arena.make<std::byte>(kRegion);
    CHECK(std::all_of(piece, piece + kRegion, [](std::byte b) { return b == std::byte{0}; }));
    std::fill_n(piece, kRegion, static_cast<std::byte>(value));
    return piece;
  };
  std::byte* first = nullptr;
  {
    Arena arena;
    first = fill(arena, 1);
  }
  Arena second;
  Arena third;
#ifdef COHORT_SANITIZED
  fill(second, 2);  // a sanitizer shall see that the first one's memory is gone
#else
  CHECK(fill(second, 2) == first);
#endif
  CHECK(fill(third, 3) != first);
}

TEST_CASE("no more is kept of regions than is agreed") {
  std::vector<std::byte*> taken;
  constexpr std::size_t kRegion = std::size_t{32} << 20;
  std::size_t kept = 0;
  for (int i = 0; i < 12; ++i) {
    auto* region = static_cast<std::byte*>(std::aligned_alloc(std::size_t{2} << 20, kRegion));
    REQUIRE(region != nullptr);
    if (SpareRegions::give(region, kRegion))
      ++kept;
    else
      std::free(region);
  }
  CHECK(kept <= 8);
  CHECK(SpareRegions::take(kRegion - (std::size_t{2} << 20)) == nullptr);  // other sizes are not split
  for (; kept > 0; --kept) {
    std::byte* region = SpareRegions::take(kRegion);
    REQUIRE(region != nullptr);
    std::free(region);
  }
  CHECK(SpareRegions::take(kRegion) == nullptr);
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
