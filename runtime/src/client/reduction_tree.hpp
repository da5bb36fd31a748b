#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "client/chunk_list.hpp"
#include "client/core.hpp"
#include "cohort/detail/chunk_maker.hpp"

namespace cohort::detail {

/// Combines the chunks of a collection of partial results as they are cut: kFanIn neighbours at a time, then kFanIn of
/// those, and what is left over at the end. Which are combined depends on their number alone, so that results have the
/// same bits wherever the tasks run.
class ReductionTree final : public Core::Feed {
 public:
  ReductionTree(CollectionHandle partial, std::unique_ptr<ReductionCalls> calls, TaskId result);

  void pump(bool client_thread) override;
  bool ended() const override { return ended_; }
  bool reads() const override { return false; }

 private:
  static constexpr std::size_t kFanIn = 16;

  void add(FutureHandle part, std::size_t level);
  void finish();

  const std::shared_ptr<Core> core_;
  const TaskId result_;
  std::atomic_flag pumping_;
  std::atomic<bool> again_ = false;
  std::atomic<bool> ended_ = false;

  // Under pumping_.
  CollectionHandle partial_;
  std::unique_ptr<ReductionCalls> calls_;
  std::size_t next_ = 0;                           ///< the chunk that comes next
  std::vector<std::vector<FutureHandle>> levels_;  ///< fewer than kFanIn each, in order; higher ones come first
};

}  // namespace cohort::detail
