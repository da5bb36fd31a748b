#include "client/reduction_tree.hpp"

#include <utility>

namespace cohort::detail {

ReductionTree::ReductionTree(CollectionHandle partial, std::unique_ptr<ReductionCalls> calls, TaskId result)
    : core_(partial->list->core), result_(result), partial_(std::move(partial)), calls_(std::move(calls)) {}

void ReductionTree::pump(bool) {
  again_ = true;
  while (again_ && !pumping_.test_and_set()) {
    while (!ended_ && again_.exchange(false)) {
      for (;;) {
        ChunkList::Found found = partial_->list->find(next_, true);
        if (found.chunk) {
          ++next_;
          add(std::move(found.chunk), 0);
        } else {
          if (found.complete) finish();
          break;
        }
      }
    }
    if (ended_) again_ = false;
    pumping_.clear();
  }
}

void ReductionTree::add(FutureHandle part, std::size_t level) {
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level].push_back(std::move(part));
  if (levels_[level].size() < kFanIn) return;
  std::vector<FutureHandle> parts = std::exchange(levels_[level], {});
  add(core_->submit(calls_->combine(std::move(parts)), {}), level + 1);
}

void ReductionTree::finish() {
  std::vector<FutureHandle> parts;
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    for (FutureHandle& part : *level) parts.push_back(std::move(part));
  }
  core_->fill(result_, calls_->last(std::move(parts)));
  levels_.clear();
  calls_.reset();
  partial_.reset();
  ended_ = true;
}

FutureHandle reduce_chunks(CollectionHandle partial, std::unique_ptr<ReductionCalls> calls) {
  const std::shared_ptr<Core> core = partial->list->core;
  FutureHandle result = core->reserve();
  core->add_feed(std::make_shared<ReductionTree>(std::move(partial), std::move(calls), result->id));
  return result;
}

}  // namespace cohort::detail
