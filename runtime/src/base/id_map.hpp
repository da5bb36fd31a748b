#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/arena.hpp"
#include "cohort/types.hpp"

namespace cohort::base {

/// Entries by TaskId. The scheduler reuses indices, so a table by TaskId::index beats a hash map: four bytes for each
/// index up to the largest, and the entries packed beside it, since one member meets only some of the indices. Entries
/// of several generations of one index may be there at a time (messages of different ranks overtake each other).
///
/// References stay valid until their entry is erased.
template <class Entry>
class IdMap {
 public:
  /// Null if there is none.
  Entry* find(TaskId id) {
    const std::size_t page = id.index / kPageSlots;
    if (page >= pages_.size() || pages_[page] == nullptr) return nullptr;
    for (std::uint32_t i = pages_[page][id.index % kPageSlots]; i != 0; i = cell(i).next) {
      if (cell(i).id == id) return &cell(i).entry;
    }
    return nullptr;
  }
  /// Finds the entry or makes an empty one.
  Entry& operator[](TaskId id) {
    std::uint32_t& slot = slot_of(id.index);
    for (std::uint32_t i = slot; i != 0; i = cell(i).next) {
      if (cell(i).id == id) return cell(i).entry;
    }
    if (free_ == 0) add_cells();
    const std::uint32_t i = free_;
    Cell& made = cell(i);
    free_ = made.next;
    __builtin_prefetch(&cell(free_), 1);  // of a million entries the next one is in no cache
    made.id = id;
    made.next = slot;
    slot = i;
    ++size_;
    return made.entry;
  }
  void erase(TaskId id) {
    const std::size_t page = id.index / kPageSlots;
    if (page >= pages_.size() || pages_[page] == nullptr) return;
    std::uint32_t* link = &pages_[page][id.index % kPageSlots];
    while (*link != 0 && cell(*link).id != id) link = &cell(*link).next;
    const std::uint32_t i = *link;
    if (i == 0) return;
    Cell& erased = cell(i);
    *link = erased.next;
    erased.entry = Entry{};
    erased.id = {};
    erased.next = free_;
    free_ = i;
    --size_;
  }
  void clear() {
    for (std::size_t i = 0; i < cells_.size(); ++i) erase(TaskId{cells_[i].id});
  }
  std::size_t size() const { return size_; }
  /// Calls `visit(id, entry)` for every entry, in no order that means anything. `visit` must not make or erase any.
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].id != TaskId{}) visit(cells_[i].id, cells_[i].entry);
    }
  }

 private:
  struct Cell {
    TaskId id;               // none: free
    std::uint32_t next = 0;  // cell of another generation, or the next free one; 0: there is none
    Entry entry;
  };
  static constexpr std::size_t kPageSlots = 1024;
  static constexpr std::size_t kBlockCells = 64;

  Cell& cell(std::uint32_t i) { return cells_[i]; }
  std::uint32_t& slot_of(std::uint32_t index) {
    const std::size_t page = index / kPageSlots;
    if (page >= pages_.size() || pages_[page] == nullptr) add_page(page);
    return pages_[page][index % kPageSlots];
  }
  void add_page(std::size_t page) {
    if (page >= pages_.size()) pages_.resize(page + 1);
    pages_[page] = arena_.make<std::uint32_t>(kPageSlots);
  }
  void add_cells() {
    const auto first = static_cast<std::uint32_t>(cells_.size());
    cells_.grow();
    for (std::uint32_t i = first + kBlockCells; i-- > first;) {
      if (i == 0) continue;  // its number means "none"
      cell(i).next = free_;
      free_ = i;
    }
  }

  Arena arena_;
  std::vector<std::uint32_t*> pages_;  ///< in the arena: of the first cell of each index
  StableVector<Cell, kBlockCells> cells_;
  std::uint32_t free_ = 0;
  std::size_t size_ = 0;
};

}  // namespace cohort::base
