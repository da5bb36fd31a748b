#include "base/spares.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <utility>
#include <vector>

namespace cohort::base {

namespace {

struct List {
  std::vector<int> items;
  void clear() { items.clear(); }
};

}  // namespace

TEST_CASE("an object that was given back comes again, empty, with its memory") {
  Spares<List> spares;
  std::unique_ptr<List> first = spares.take();
  std::unique_ptr<List> second = spares.take();
  CHECK(first != second);
  first->items.assign(100, 7);
  const List* const given = first.get();
  spares.give(std::move(first));
  const std::unique_ptr<List> again = spares.take();
  CHECK(again.get() == given);
  CHECK(again->items.empty());
  CHECK(again->items.capacity() >= 100);
}

}  // namespace cohort::base
