#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "scheduler/priority_queue.hpp"

namespace cohort::scheduler {

namespace {

struct Queue {
  TaskTable table;
  PriorityQueue queue;

  TaskRecord& add(int priority) {
    TaskRecord& record = table.add();
    record.priority = priority;
    queue.push_back(table, record);
    return record;
  }
  /// Takes all out: the indices in order.
  std::vector<std::uint32_t> drain() {
    std::vector<std::uint32_t> order;
    while (!queue.empty()) {
      TaskRecord& record = queue.front(table);
      order.push_back(record.id.index);
      queue.remove(table, record);
    }
    return order;
  }
};

}  // namespace

TEST_CASE("larger priorities come first, and who came first among equals") {
  Queue q;
  for (const int priority : {0, 5, 0, -1, 5}) q.add(priority);
  CHECK(q.queue.size() == 5);
  CHECK(q.drain() == std::vector<std::uint32_t>{1, 4, 0, 2, 3});
}

TEST_CASE("what is put in front is ahead of its equals only") {
  Queue q;
  q.add(1);
  q.add(0);
  TaskRecord& late = q.table.add();
  q.queue.push_front(q.table, late);
  CHECK(q.drain() == std::vector<std::uint32_t>{0, 2, 1});
}

TEST_CASE("any task can be taken out: first, last or between") {
  for (std::uint32_t out = 0; out < 3; ++out) {
    Queue q;
    for (int i = 0; i < 3; ++i) q.add(0);
    q.queue.remove(q.table, q.table.at(out));
    std::vector<std::uint32_t> expected{0, 1, 2};
    expected.erase(expected.begin() + out);
    CHECK(q.drain() == expected);
  }
}

TEST_CASE("it is gone through from the back until that is enough") {
  Queue q;
  for (const int priority : {0, 5, 0, -1}) q.add(priority);
  std::vector<std::uint32_t> seen;
  q.queue.for_each_from_back(q.table, [&](TaskRecord& record) {
    seen.push_back(record.id.index);
    return seen.size() < 3;
  });
  CHECK(seen == std::vector<std::uint32_t>{3, 2, 0});
}

TEST_CASE("many priorities that come and go leave a queue that works") {
  Queue q;
  for (int priority = 0; priority < 100; ++priority) q.add(priority);
  CHECK(q.drain().size() == 100);
  q.add(3);
  CHECK(q.drain() == std::vector<std::uint32_t>{100});
}

TEST_CASE("the last beside the front is the last of the largest priority") {
  Queue q;
  for (const int priority : {5, 0, 5, 5, 0}) q.add(priority);
  CHECK(q.queue.last_beside_front(q.table).id.index == 3);
}

}  // namespace cohort::scheduler
