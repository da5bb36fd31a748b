#include "scheduler/task_id_list.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace cohort::scheduler {

TEST_CASE("a list of ids is as large as one, and one needs no memory") {
  TaskIdList list;
  CHECK(sizeof(list) == sizeof(TaskId));
  CHECK(list.empty());
  CHECK(list.begin() == list.end());
  list.push_back({7, 3});
  const auto* const at = reinterpret_cast<const std::byte*>(list.begin());
  CHECK(at == reinterpret_cast<const std::byte*>(&list));
  CHECK(list.size() == 1);
  CHECK(list[0] == TaskId{7, 3});
  TaskIdList moved = std::move(list);
  CHECK(list.empty());  // NOLINT(bugprone-use-after-move): it is to be empty
  CHECK(moved[0] == TaskId{7, 3});
}

TEST_CASE("a list of ids holds the largest there can be, and refuses what is none") {
  for (const TaskId id : {TaskId{UINT32_MAX, TaskIdList::kLastGeneration}, TaskId{0, 1}, TaskId{UINT32_MAX, 1}}) {
    TaskIdList list;
    for (std::size_t size = 1; size <= 3; ++size) {
      list.push_back(id);
      CHECK(list.size() == size);
      CHECK(list[size - 1] == id);
      CHECK_THROWS_AS(list.push_back({}), base::BrokenInvariant);
      CHECK_THROWS_AS(list.push_back({1, TaskIdList::kLastGeneration + 1}), base::BrokenInvariant);
    }
  }
}

TEST_CASE("a list of ids holds what a vector does, whatever is done to it") {
  std::mt19937 random(7);
  TaskIdList list;
  std::vector<TaskId> plain;
  for (std::uint32_t step = 1; step <= 20'000; ++step) {
    const auto what = static_cast<unsigned>(random() % 1000);
    if (what < 800) {
      list.push_back({step, step});
      plain.push_back({step, step});
    } else if (what < 900) {
      const auto some = [&](TaskId id) { return id.index % 3 == what % 3; };
      list.erase_if(some);
      std::erase_if(plain, some);
    } else if (what < 940) {
      TaskIdList copy = list;
      list.push_back({1, 1});
      list = std::move(copy);
    } else if (what < 960) {
      list.reserve(plain.size() + what % 5);
    } else {
      list = {};
      plain.clear();
    }
    REQUIRE(std::vector<TaskId>(list.begin(), list.end()) == plain);
    REQUIRE(list.size() == plain.size());
    REQUIRE(list.empty() == plain.empty());
    REQUIRE(list.capacity() >= list.size());
  }
}

}  // namespace cohort::scheduler
