#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <random>

#include "base/id_map.hpp"

namespace cohort::base {

TEST_CASE("an entry is found by its id only") {
  IdMap<int> map;
  CHECK(map.find({3, 1}) == nullptr);
  map[{3, 1}] = 7;
  REQUIRE(map.find({3, 1}) != nullptr);
  CHECK(*map.find({3, 1}) == 7);
  CHECK(map.find({3, 2}) == nullptr);
  CHECK(map.find({4, 1}) == nullptr);
  CHECK(map.size() == 1);
}

TEST_CASE("generations of one index stand beside each other, whichever goes first") {
  for (const bool older_first : {true, false}) {
    IdMap<int> map;
    map[{5, 1}] = 1;
    map[{5, 2}] = 2;
    map[{5, 3}] = 3;
    map.erase({5, older_first ? 1U : 3U});
    CHECK(map.size() == 2);
    CHECK(map.find({5, older_first ? 1U : 3U}) == nullptr);
    CHECK(*map.find({5, 2}) == 2);
    CHECK(*map.find({5, older_first ? 3U : 1U}) == (older_first ? 3 : 1));
  }
}

TEST_CASE("a reference stays valid while other entries come and go") {
  IdMap<int> map;
  int& kept = map[{1, 2}];
  kept = 42;
  for (std::uint32_t i = 0; i < 5000; ++i) map[{i, 1}] = 1;
  for (std::uint32_t i = 0; i < 5000; ++i) map.erase({i, 1});
  CHECK(map.size() == 1);
  CHECK(map.find({1, 2}) == &kept);
  CHECK(kept == 42);
}

TEST_CASE("what an entry holds goes with it, and its place starts empty") {
  IdMap<std::shared_ptr<int>> map;
  const auto held = std::make_shared<int>(1);
  map[{1, 1}] = held;
  map.erase({1, 1});
  CHECK(held.use_count() == 1);
  CHECK(map[{1, 2}] == nullptr);
}

TEST_CASE("erasing what is not there changes nothing") {
  IdMap<int> map;
  map[{9, 4}] = 1;
  map.erase({9, 3});
  map.erase({900000, 1});
  CHECK(map.size() == 1);
}

TEST_CASE("it agrees with std::map over any course of events") {
  std::mt19937 random(1);
  IdMap<int> map;
  std::map<TaskId, int> expected;
  for (int step = 0; step < 20000; ++step) {
    const TaskId id{static_cast<std::uint32_t>(random() % 300 * 37), 1 + static_cast<std::uint32_t>(random() % 3)};
    if (random() % 2 == 0) {
      map[id] = expected[id] = step;
    } else {
      map.erase(id);
      expected.erase(id);
    }
  }
  std::map<TaskId, int> seen;
  map.for_each([&](TaskId id, int entry) { seen[id] = entry; });
  CHECK(seen == expected);
  CHECK(map.size() == expected.size());
}

TEST_CASE("a map that was cleared is empty, and can be filled again") {
  const auto alive = std::make_shared<int>(1);
  IdMap<std::shared_ptr<int>> map;
  for (std::uint32_t i = 0; i < 1000; ++i) map[{i, i % 3 + 1}] = alive;
  map.clear();
  CHECK(map.size() == 0);
  CHECK(alive.use_count() == 1);
  CHECK(map.find({7, 2}) == nullptr);
  map[{7, 2}] = alive;
  CHECK(map.find({7, 2}) != nullptr);
}

}  // namespace cohort::base
