#include <doctest/doctest.h>

#include <set>

#include "scheduler/task_table.hpp"

namespace cohort::scheduler {

TEST_CASE("a record is found by its id until it is removed") {
  TaskTable table;
  TaskRecord& record = table.add();
  const TaskId id = record.id;
  CHECK(table.find(id) == &record);
  CHECK(table.size() == 1);
  table.remove(record);
  CHECK(table.find(id) == nullptr);
  CHECK(table.size() == 0);
}

TEST_CASE("a place is used again, by another generation and without a trace of the one before") {
  TaskTable table;
  TaskRecord& first = table.add();
  first.wanted = true;
  first.inputs = {{7, 7}};
  const TaskId before = first.id;
  table.remove(first);
  TaskRecord& second = table.add();
  CHECK(second.id.index == before.index);
  CHECK(second.id.generation == before.generation + 1);
  CHECK_FALSE(bool{second.wanted});
  CHECK(second.inputs.empty());
  CHECK(table.find(before) == nullptr);
}

TEST_CASE("no two tasks have one id, and records stay where they are while the table grows") {
  TaskTable table;
  TaskRecord* first = &table.add();
  std::set<TaskId> ids{first->id};
  for (int i = 0; i < 5000; ++i) ids.insert(table.add().id);
  CHECK(ids.size() == 5001);
  CHECK(ids.count(TaskId{}) == 0);
  CHECK(table.find(first->id) == first);
}

TEST_CASE("an id that never was is not found, and must not be relied on") {
  TaskTable table;
  CHECK(table.find({0, 1}) == nullptr);
  CHECK(table.find({123456, 1}) == nullptr);
  const TaskId never{3, 1};
  CHECK_THROWS_AS(table[never], base::BrokenInvariant);
}

TEST_CASE("a place whose generations are used up is not handed out again") {
  TaskTable table;
  TaskRecord& record = table.add();
  const std::uint32_t index = record.id.index;
  record.id.generation = TaskIdList::kLastGeneration;
  table.remove(record);
  CHECK(table.add().id.index != index);
}

TEST_CASE("a queue keeps its order when records leave it") {
  TaskTable table;
  TaskQueue queue;
  TaskRecord& a = table.add();
  TaskRecord& b = table.add();
  TaskRecord& c = table.add();
  for (TaskRecord* record : {&a, &b, &c}) queue.push_back(table, *record);
  queue.remove(table, b);
  CHECK(queue.first() == a.id.index);
  CHECK(table.at(queue.first()).link.next == c.id.index);
  queue.push_front(table, b);
  CHECK(queue.first() == b.id.index);
  CHECK(queue.last() == c.id.index);
  for (TaskRecord* record : {&c, &b, &a}) queue.remove(table, *record);
  CHECK(queue.empty());
}

}  // namespace cohort::scheduler
