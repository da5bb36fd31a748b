#include "client/chunk_list.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace cohort::detail {

namespace {

std::vector<std::shared_ptr<ChunkList>> lists_of(const std::vector<CollectionHandle>& parents) {
  std::vector<std::shared_ptr<ChunkList>> lists;
  lists.reserve(parents.size());
  for (const CollectionHandle& parent : parents) lists.push_back(parent->list);
  return lists;
}

/// A setting chooses only where the program did not.
CutPlan as_set(CutPlan plan, std::size_t elements) {
  if (plan.chunking.items == 0 && elements != 0) {
    plan.chunking.items = elements;
    plan.set_from_outside = true;
  }
  return plan;
}

}  // namespace

ChunkList::ChunkList(std::shared_ptr<Core> owner, std::unique_ptr<RangeMaker> maker, const CutPlan& plan)
    : core(std::move(owner)),
      range_(maker.get()),
      reads_(maker->reads()),
      plan_(as_set(plan, core->chunk_elements())),
      sizer_(plan_, core->slot_count()) {
  maker_ = std::move(maker);
}

ChunkList::ChunkList(std::shared_ptr<Core> owner, std::unique_ptr<FollowingMaker> maker)
    : core(std::move(owner)), following_(maker.get()), parents_(lists_of(maker->parents())), sizer_(plan_, 1) {
  for (const std::shared_ptr<ChunkList>& parent : parents_) {
    if (parent->core != core)
      throw UsageError("these collections belong to different clients: gather one of them first");
  }
  maker_ = std::move(maker);
}

ChunkList::ChunkList(std::shared_ptr<Core> owner, std::vector<FutureHandle> chunks)
    : core(std::move(owner)), sizer_(plan_, 1), chunks_(std::move(chunks)), complete_(true) {
  for (const FutureHandle& chunk : chunks_) {
    if (chunk->core != core.get()) throw UsageError("this future belongs to another client");
    entries_.push_back({chunk->id});
  }
}

void ChunkList::start(std::vector<Cut> made) {
  for (Cut& cut : made) add(std::move(cut));
  core->add_feed(shared_from_this());
}

// --- cutting

void ChunkList::pump(bool client_thread) {
  if (reads_ && !client_thread) return;
  again_ = true;
  // One thread cuts. Another, or the same from within the program's own range, leaves word.
  while (again_ && !pumping_.test_and_set()) {
    pumping_thread_ = std::this_thread::get_id();
    while (maker_ && again_.exchange(false)) {
      if (range_ != nullptr) {
        pump_range(*range_);
      } else {
        pump_following(*following_);
      }
      if (complete_) maker_.reset();
    }
    if (!maker_) again_ = false;
    pumping_thread_ = std::thread::id();
    pumping_.clear();
  }
}

void ChunkList::pump_range(RangeMaker& maker) {
  for (;;) {
    const std::optional<std::size_t> left = maker.left();
    if (left == std::size_t{0}) return complete();
    std::size_t items = 0;
    {
      const Core::Lock lock = core->enter();
      items = fixed_ && left ? sizer_.next_now(left) : sizer_.next(left);
    }
    if (items == 0) return;
    try {
      std::optional<Cut> cut = maker.cut(items);
      if (!cut) return complete();
      add(*std::move(cut));
    } catch (...) {
      // A chunk that fails: whoever reads as far as that sees it.
      Cut failed;
      failed.request.unwritable = std::current_exception();
      add(std::move(failed));
      return complete();
    }
  }
}

void ChunkList::pump_following(FollowingMaker& maker) {
  for (std::size_t index = entries_.size();; ++index) {
    std::vector<FutureHandle> inputs;
    Found first_found;
    std::size_t ended_parents = 0;
    for (const CollectionHandle& parent : maker.parents()) {
      // Of several parents one may have to be asked again.
      const bool last = maker.parents().size() == 1 && parent.use_count() == 1;
      Found found = parent->list->find(index, last);
      if (!found.chunk && !found.complete) return;
      if (!found.chunk) {
        ++ended_parents;
        continue;
      }
      if (inputs.empty()) first_found = found;
      inputs.push_back(std::move(found.chunk));
    }
    if (ended_parents == maker.parents().size()) return complete();
    Cut cut;
    if (ended_parents == 0) {
      cut = maker.follow(std::move(inputs), first_found.items, first_found.first);
      cut.request.elements = std::max<std::size_t>(first_found.source_items, 1);
      cut.request.chunk_was_chosen = first_found.was_chosen;
    } else {
      cut.request.unwritable = std::make_exception_ptr(
          UsageError("zip of two collections of which one has more chunks: make one of the other with map, or "
                     "repartition both"));
    }
    add(std::move(cut));
    if (ended_parents != 0) return complete();
  }
}

/// Submits a chunk. Without the core's lock.
void ChunkList::add(Cut cut) {
  if (cut.source_items != 0) {
    cut.request.elements = cut.source_items;
    cut.request.chunk_was_chosen = plan_.chunking.items == 0;
    const Core::Lock lock = core->enter();
    cut.request.expected = sizer_.expected(cut.source_items);
  } else if (range_ != nullptr && cut.items != kUnknownCount) {
    cut.request.elements = cut.items;  // it was submitted before a step was added
  }
  Entry entry;
  entry.items = cut.items;
  entry.source_items = range_ != nullptr ? cut.source_items : cut.request.elements;
  entry.was_chosen = cut.request.chunk_was_chosen;
  FutureHandle chunk = core->submit(std::move(cut.request), {});
  // Let go of, if need be, without the lock.
  FutureHandle dropped;
  const Core::Lock lock = core->enter();
  entry.id = chunk->id;
  if (!entries_.empty()) {
    const Entry& before = entries_.back();
    const bool known = before.first != kUnknownCount && before.items != kUnknownCount;
    entry.first = known ? before.first + before.items : kUnknownCount;
  }
  entries_.push_back(entry);
  if (range_ != nullptr) {
    sizer_.on_cut(cut.source_items);
    if (core->tasks().ended(chunk->id)) {
      on_ended(entries_.size() - 1);
    } else {
      core->watch(chunk->id, *this, entries_.size() - 1);
    }
  }
  if (looked_at_) core->look_at(chunk->id);
  if (abandoned_) {
    dropped = std::move(chunk);
  } else {
    chunks_.push_back(std::move(chunk));
  }
  core->feeds_are_due();
}

void ChunkList::on_ended(std::size_t index) {
  const Entry& entry = entries_[index];
  const scheduler::TaskRecord* task = core->tasks().find(entry.id);
  const bool finished = task != nullptr && task->phase == scheduler::Phase::finished;
  sizer_.on_ended(entry.source_items, finished ? task->estimate : Time::zero(), finished ? task->value_bytes : 0);
  core->feeds_are_due();
}

void ChunkList::complete() {
  const Core::Lock lock = core->enter();
  complete_ = true;
  core->feeds_are_due();
}

// --- what collections ask

/// What the source waits for must not wait for the source.
void ChunkList::require_outside_of_source() const {
  if (pumping_thread_.load() == std::this_thread::get_id()) {
    throw UsageError("the range that a collection is made of asks for that collection: it would wait for itself");
  }
}

void ChunkList::fix_parents() {
  for (const std::shared_ptr<ChunkList>& parent : parents_) {
    {
      const Core::Lock lock = core->enter();
      parent->fixed_ = true;
    }
    parent->fix_parents();
    core->pump(*parent);
  }
}

std::size_t ChunkList::fix() {
  require_outside_of_source();
  {
    const Core::Lock lock = core->enter();
    core->require_open();
    fixed_ = true;
  }
  fix_parents();
  core->pump(*this);
  Core::Lock lock = core->enter();
  core->drive_tasks(
      lock, [&] { return complete_.load(); }, Time::max());
  return entries_.size();
}

FutureHandle ChunkList::wait_for(std::size_t index) {
  require_outside_of_source();
  Core::Lock lock = core->enter();
  core->require_open();
  core->drive_tasks(
      lock, [&] { return index < entries_.size() || complete_; }, Time::max());
  return index < chunks_.size() ? chunks_[index] : nullptr;
}

ChunkList::Found ChunkList::find(std::size_t index, bool last) {
  const Core::Lock lock = core->enter();
  if (index >= entries_.size()) return {nullptr, kUnknownCount, kUnknownCount, complete_, 0, false};
  const Entry& entry = entries_[index];
  FutureHandle& chunk = chunks_[index];
  return {last ? std::move(chunk) : chunk, entry.items, entry.first, false, entry.source_items, entry.was_chosen};
}

std::vector<std::size_t> ChunkList::sizes() {
  fix();
  const Core::Lock lock = core->enter();
  std::vector<std::size_t> sizes;
  sizes.reserve(entries_.size());
  for (const Entry& entry : entries_) sizes.push_back(entry.items);
  return sizes;
}

void ChunkList::remember_sizes(std::vector<std::size_t> sizes) {
  const Core::Lock lock = core->enter();
  for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].items = sizes[i];
}

ChunkingReport ChunkList::report() {
  if (range_ == nullptr && !parents_.empty()) {
    ChunkingReport report = parents_[0]->report();
    report.why = "as the collection it was made of: " + report.why;
    return report;
  }
  const Core::Lock lock = core->enter();
  ChunkingReport report = sizer_.report();
  if (range_ == nullptr) {
    report.chunks = entries_.size();
    report.why = "made of futures";
  }
  report.complete = complete_;
  return report;
}

std::optional<TakenMaker> ChunkList::take(const std::type_info& maker_type) {
  if (pumping_.test_and_set()) return std::nullopt;
  std::optional<TakenMaker> taken;
  const ChunkMaker* maker = maker_.get();
  if (maker != nullptr && typeid(*maker) == maker_type) {
    const Core::Lock lock = core->enter();
    taken.emplace();
    taken->maker = std::move(maker_);
    taken->plan = plan_;
    taken->chunks = std::exchange(chunks_, {});
    for (const Entry& entry : entries_) taken->items.push_back(entry.items);
    complete_ = true;
    abandoned_ = true;
  }
  pumping_.clear();
  return taken;
}

void ChunkList::look_at_all() {
  const Core::Lock lock = core->enter();
  core->require_open();
  looked_at_ = true;
  for (const FutureHandle& chunk : chunks_) {
    if (chunk) core->look_at(chunk->id);
  }
}

void ChunkList::abandon() noexcept {
  std::vector<FutureHandle> dropped;
  const Core::Lock lock = core->enter();
  abandoned_ = true;
  dropped.swap(chunks_);
}

// --- the functions that the templates call

CollectionState::~CollectionState() { list->abandon(); }

namespace {

CollectionHandle start(const std::shared_ptr<ChunkList>& list, std::vector<Cut> made) {
  auto handle = std::make_shared<const CollectionState>(list);
  list->start(std::move(made));
  return handle;
}

}  // namespace

CollectionHandle make_collection(const std::shared_ptr<Core>& core, std::unique_ptr<RangeMaker> maker,
                                 const CutPlan& plan, std::vector<Cut> made) {
  return start(std::make_shared<ChunkList>(core, std::move(maker), plan), std::move(made));
}
CollectionHandle make_collection(const std::shared_ptr<Core>& core, std::unique_ptr<FollowingMaker> maker,
                                 std::vector<Cut> made) {
  return start(std::make_shared<ChunkList>(core, std::move(maker)), std::move(made));
}
CollectionHandle make_collection(const std::shared_ptr<Core>& core, std::vector<FutureHandle> chunks) {
  return std::make_shared<const CollectionState>(std::make_shared<ChunkList>(core, std::move(chunks)));
}
std::optional<TakenMaker> take_maker(const CollectionHandle& collection, const std::type_info& maker_type) {
  if (collection.use_count() != 1) return std::nullopt;
  return collection->list->take(maker_type);
}
const std::shared_ptr<Core>& core_of(const CollectionState& collection) { return collection.list->core; }
std::size_t chunk_count(const CollectionState& collection) { return collection.list->fix(); }
FutureHandle next_chunk(const CollectionState& collection, std::size_t index) {
  return collection.list->wait_for(index);
}
FutureHandle cut_chunk(const CollectionState& collection, std::size_t index) {
  return collection.list->find(index, false).chunk;
}
std::vector<std::size_t> known_sizes(const CollectionState& collection) { return collection.list->sizes(); }
void remember_sizes(const CollectionState& collection, std::vector<std::size_t> sizes) {
  collection.list->remember_sizes(std::move(sizes));
}
void look_at_all(const CollectionState& collection) { collection.list->look_at_all(); }
ChunkingReport chunking_report(const CollectionState& collection) { return collection.list->report(); }

}  // namespace cohort::detail
