#pragma once

#include <functional>
#include <map>

#include "scheduler/task_table.hpp"

namespace cohort::scheduler {

/// Tasks by priority, larger first; first come, first served among equals.
class PriorityQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// The record at the head; must not be empty.
  TaskRecord& front(TaskTable& table) {
    auto queue = queues_.begin();
    while (queue->second.empty()) ++queue;
    return table.at(queue->second.first());
  }
  /// The last of its equals.
  TaskRecord& last_beside_front(TaskTable& table) { return table.at(queue_of(front(table).priority).last()); }
  void push_back(TaskTable& table, TaskRecord& record) {
    queue_of(record.priority).push_back(table, record);
    ++size_;
  }
  /// Ahead of its equals: for what has waited before.
  void push_front(TaskTable& table, TaskRecord& record) {
    queue_of(record.priority).push_front(table, record);
    ++size_;
  }
  void remove(TaskTable& table, TaskRecord& record) {
    TaskQueue& queue = queue_of(record.priority);
    queue.remove(table, record);
    --size_;
    // An empty queue is kept for its next task, so that one priority alone never allocates.
    if (!queue.empty() || queues_.size() <= kKeptQueues) return;
    queues_.erase(record.priority);
    last_ = nullptr;
  }
  /// Calls `visit(record)` from the last to the first until it returns false. `visit` must not change the queue.
  template <class Visit>
  void for_each_from_back(TaskTable& table, Visit visit) {
    for (auto queue = queues_.rbegin(); queue != queues_.rend(); ++queue) {
      for (std::uint32_t i = queue->second.last(); i != QueueLink::kEnd; i = table.at(i).link.previous) {
        if (!visit(table.at(i))) return;
      }
    }
  }

 private:
  static constexpr std::size_t kKeptQueues = 8;

  TaskQueue& queue_of(int priority) {
    if (last_ == nullptr || last_priority_ != priority) {
      last_ = &queues_[priority];
      last_priority_ = priority;
    }
    return *last_;
  }

  std::map<int, TaskQueue, std::greater<>> queues_;
  TaskQueue* last_ = nullptr;  ///< used last: most programs have one priority only
  int last_priority_ = 0;
  std::size_t size_ = 0;
};

}  // namespace cohort::scheduler
