#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <typeinfo>
#include <vector>

#include "client/chunk_sizer.hpp"
#include "client/core.hpp"
#include "cohort/detail/chunk_maker.hpp"

namespace cohort::detail {

/// The chunks of one collection, from the first on: cut, and submitted, as those before them end; or each as soon as
/// the chunks it is made of are there.
///
/// Two locks in this order: `pumping_`, which the thread that cuts holds, and the core's, under which everything else
/// is read and changed.
class ChunkList final : public Core::Feed, private Core::Watcher, public std::enable_shared_from_this<ChunkList> {
 public:
  ChunkList(std::shared_ptr<Core> core, std::unique_ptr<RangeMaker> maker, const CutPlan& plan);
  ChunkList(std::shared_ptr<Core> core, std::unique_ptr<FollowingMaker> maker);
  ChunkList(std::shared_ptr<Core> core, std::vector<FutureHandle> chunks);

  /// To be called once, before anybody else sees it. `made`: chunks that come first.
  void start(std::vector<Cut> made);

  // --- Core::Feed
  void pump(bool client_thread) override;
  bool ended() const override { return complete_ && sizer_.under_way() == 0; }
  bool reads() const override { return reads_; }

  // --- what collections ask; each takes the core's lock
  /// Has all that is left cut, and waits for it.
  std::size_t fix();
  /// Waits until the chunk is cut; null: there are not so many.
  FutureHandle wait_for(std::size_t index);
  struct Found {
    FutureHandle chunk;  ///< null: it is not cut yet, or, if `complete`, will never be
    std::size_t items = kUnknownCount;
    std::size_t first = kUnknownCount;
    bool complete = false;
    std::size_t source_items = 0;  ///< see Entry
    bool was_chosen = false;
  };
  /// `last`: nobody will ask for this chunk again.
  Found find(std::size_t index, bool last);
  std::vector<std::size_t> sizes();
  void remember_sizes(std::vector<std::size_t> sizes);
  ChunkingReport report();
  std::optional<TakenMaker> take(const std::type_info& maker_type);
  /// Failures among the chunks, now or later, count as seen.
  void look_at_all();
  /// Nobody has the collection any more: what was submitted runs, what was not will.
  void abandon() noexcept;

  const std::shared_ptr<Core> core;

 private:
  void on_ended(std::size_t index) override;
  void pump_range(RangeMaker& maker);
  void pump_following(FollowingMaker& maker);
  void add(Cut cut);
  void complete();
  void fix_parents();
  void require_outside_of_source() const;

  // Under pumping_.
  std::unique_ptr<ChunkMaker> maker_;  ///< null once all is cut
  RangeMaker* const range_ = nullptr;  ///< maker_ is one of the two
  FollowingMaker* const following_ = nullptr;
  std::atomic_flag pumping_;
  std::atomic<bool> again_ = false;
  std::atomic<std::thread::id> pumping_thread_;

  const bool reads_ = false;
  const std::vector<std::shared_ptr<ChunkList>> parents_;

  // Under the core's lock.
  const CutPlan plan_;
  ChunkSizer sizer_;
  struct Entry {
    TaskId id;
    std::size_t items = kUnknownCount;  ///< elements in it
    std::size_t first = kUnknownCount;  ///< elements before it
    std::size_t source_items = 0;       ///< elements of the range that went into it; 0: not known
    bool was_chosen = false;            ///< their number, by what was measured
  };
  std::vector<Entry> entries_;
  std::vector<FutureHandle> chunks_;  ///< of each entry; empty once abandoned
  std::atomic<bool> complete_ = false;
  bool fixed_ = false;
  bool abandoned_ = false;
  bool looked_at_ = false;
};

}  // namespace cohort::detail
