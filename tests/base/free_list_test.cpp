#include "base/free_list.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace cohort::base {
namespace {

/// So that each test has lists of its own.
template <int kTest>
struct Object {
  explicit Object(std::size_t number) : value(number) {}
  static void* operator new(std::size_t) { return FreeLists<sizeof(Object)>::take(); }
  static void operator delete(void* object) noexcept { FreeLists<sizeof(Object)>::give(object); }
  std::size_t value;
  std::byte more[40 + 8 * kTest];
};

template <int kTest>
std::unique_ptr<Object<kTest>> make(std::size_t number) {
  return std::make_unique<Object<kTest>>(number);
}

TEST_CASE("blocks are handed out once until they are given back, and then again") {
  constexpr std::size_t kMany = 5'000;
  std::set<const void*> first;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<Object<0>>> objects;
    std::set<const void*> places;
    for (std::size_t i = 0; i < kMany; ++i) {
      objects.push_back(make<0>(i));
      places.insert(objects.back().get());
    }
    CHECK(places.size() == kMany);
    std::size_t right = 0;
    for (std::size_t i = 0; i < kMany; ++i) right += objects[i]->value == i ? 1 : 0;
    CHECK(right == kMany);
    if (round == 0) first = places;
    for (const void* place : first) places.erase(place);
    // What one list more holds.
    CHECK(places.size() <= 256);
  }
}

TEST_CASE("what one thread makes another may destroy, and the first gets the memory back") {
  std::set<const void*> places;
  for (int round = 0; round < 10; ++round) {
    std::vector<std::unique_ptr<Object<1>>> objects;
    for (std::size_t i = 0; i < 2'000; ++i) {
      objects.push_back(make<1>(i));
      places.insert(objects.back().get());
    }
    std::thread([&] { objects.clear(); }).join();
  }
  CHECK(places.size() < 2 * 2'000);
}

/// Made before the thread's list, and so destroyed after it.
struct Last {
  ~Last() {
    kept.clear();
    for (std::size_t i = 0; i < 3; ++i) kept.push_back(make<3>(i));
    bool right = true;
    for (std::size_t i = 0; i < 3; ++i) right = right && kept[i]->value == i;
    kept.clear();
    if (right) *fine = true;
  }
  std::vector<std::unique_ptr<Object<3>>> kept;
  bool* fine = nullptr;
};

TEST_CASE("blocks are taken and given also at the very end of a thread") {
  for (int round = 0; round < 3; ++round) {
    bool fine = false;
    std::thread([&] {
      thread_local Last last;
      last.fine = &fine;
      last.kept.push_back(make<3>(1));
    }).join();
    CHECK(fine);
  }
}

TEST_CASE("several threads make and destroy at a time") {
  std::atomic<std::size_t> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<std::unique_ptr<Object<2>>> kept;
      for (std::size_t i = 0; i < 3'000; ++i) {
        kept.push_back(make<2>(t * 10'000 + i));
        if (i % 3 == 0) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 2));
      }
      for (const auto& object : kept) {
        if (object->value / 10'000 != t) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace cohort::base
