#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/arena.hpp"
#include "base/broken_invariant.hpp"
#include "scheduler/task_record.hpp"

namespace cohort::scheduler {

/// All task records, by index; freed places are used again. Records stay where they are in memory.
class TaskTable {
 public:
  TaskRecord& add() {
    if (free_.empty()) grow();
    TaskRecord& record = at(free_.back());
    free_.pop_back();
    if (!free_.empty()) prefetch(free_.back());  // of a million records the next one is in no cache
    ++size_;
    ++record.id.generation;
    record.phase = Phase::blocked;
    return record;
  }
  void remove(TaskRecord& record) {
    const TaskId id = record.id;
    std::destroy_at(&record);
    std::construct_at(&record)->id = id;
    // A place whose generations are used up is never handed out again.
    if (id.generation != TaskIdList::kLastGeneration) free_.push_back(id.index);
    --size_;
  }
  /// Null if the task is forgotten.
  TaskRecord* find(TaskId id) {
    if (id.index >= records_.size()) return nullptr;
    TaskRecord& record = at(id.index);
    return record.id == id && record.phase != Phase::unused ? &record : nullptr;
  }
  const TaskRecord* find(TaskId id) const { return const_cast<TaskTable*>(this)->find(id); }
  /// The record must be there.
  TaskRecord& operator[](TaskId id) {
    TaskRecord* record = find(id);
    if (record == nullptr) throw base::BrokenInvariant("a task that is forgotten is still needed");
    return *record;
  }
  TaskRecord& at(std::uint32_t index) { return records_[index]; }
  /// The record will be used soon.
  void prefetch(std::uint32_t index) {
    const auto* record = reinterpret_cast<const std::byte*>(&at(index));
    for (std::size_t line = 0; line < sizeof(TaskRecord); line += 64) __builtin_prefetch(record + line, 1);
  }
  std::size_t size() const { return size_; }
  std::uint32_t index_limit() const { return static_cast<std::uint32_t>(records_.size()); }

 private:
  static constexpr std::uint32_t kBlockRecords = 256;

  void grow() {
    const std::uint32_t first = index_limit();
    records_.grow();
    for (std::uint32_t i = kBlockRecords; i-- > 0;) {
      at(first + i).id.index = first + i;
      free_.push_back(first + i);
    }
  }

  base::StableVector<TaskRecord, kBlockRecords> records_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

/// A queue of records, linked through TaskRecord::link: a record is in at most one.
class TaskQueue {
 public:
  bool empty() const { return first_ == QueueLink::kEnd; }
  std::uint32_t first() const { return first_; }
  std::uint32_t last() const { return last_; }

  /// Those after `record` will be looked at soon: what belongs to the next ones, and the records after these.
  static void prefetch_after(TaskTable& table, const TaskRecord& record) {
    std::uint32_t next = record.link.next;
    for (int i = 0; i < 2 && next != QueueLink::kEnd; ++i) next = table.at(next).link.next;
    if (next == QueueLink::kEnd) return;
    table.at(next).prefetch_parts();
    const std::uint32_t last = table.at(next).link.next;
    if (last != QueueLink::kEnd) table.prefetch(last);
  }

  void push_back(TaskTable& table, TaskRecord& record) {
    record.link = {last_, QueueLink::kEnd};
    (last_ == QueueLink::kEnd ? first_ : table.at(last_).link.next) = record.id.index;
    last_ = record.id.index;
  }
  void push_front(TaskTable& table, TaskRecord& record) {
    record.link = {QueueLink::kEnd, first_};
    (first_ == QueueLink::kEnd ? last_ : table.at(first_).link.previous) = record.id.index;
    first_ = record.id.index;
  }
  void remove(TaskTable& table, TaskRecord& record) {
    const QueueLink link = record.link;
    (link.previous == QueueLink::kEnd ? first_ : table.at(link.previous).link.next) = link.next;
    (link.next == QueueLink::kEnd ? last_ : table.at(link.next).link.previous) = link.previous;
    record.link = {};
  }

 private:
  std::uint32_t first_ = QueueLink::kEnd;
  std::uint32_t last_ = QueueLink::kEnd;
};

}  // namespace cohort::scheduler
