// Clients of cohort::local: their life, and what only one slot shows.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cohort/cohort.hpp"
#include "interface/tracked.hpp"

namespace {

using namespace cohort;
using namespace std::chrono_literals;

int square(int x) { return x * x; }

/// Holds tasks of this process back. Waits no longer than a minute.
class Latch {
 public:
  void open() { open_ = true; }
  void wait() const {
    for (int i = 0; i < 60'000 && !open_; ++i) std::this_thread::sleep_for(1ms);
  }

 private:
  std::atomic<bool> open_ = false;
};

Latch& static_latch() {
  static Latch latch;
  return latch;
}

TEST_CASE("a local client has one worker, and the threads it was asked for") {
  Client one = local({.threads = 1});
  CHECK(one.worker_count() == 1);
  CHECK(one.slot_count() == 1);
  CHECK(one.submit(square, 3).result() == 9);
  CHECK(one.submit([] { return this_task::rank(); }).result() == 0);
  CHECK(one.submit(square, 3).where() == 0);
  CHECK(one.run_on_all([] { return 1; }) == std::vector<int>{1});
  CHECK(one.time_left() == forever);
  Client three = local({.threads = 3});
  CHECK(three.slot_count() == 3);
  CHECK(three.submit(square, 3).result() == 9);
}

TEST_CASE("a local client by default has a slot for each CPU") {
  Client client = local();
  CHECK(client.slot_count() >= 1);
  CHECK(client.submit(square, 3).result() == 9);
}

TEST_CASE("a negative number of threads is a wrong call") { CHECK_THROWS_AS(local({.threads = -1}), UsageError); }

TEST_CASE("a client moves, and one that was moved from is a wrong call") {
  Client first = local({.threads = 1});
  const auto before = first.submit(square, 3);
  Client second = std::move(first);
  CHECK(second.submit(square, 4).result() == 16);
  CHECK(before.result() == 9);
  CHECK_THROWS_AS(first.submit(square, 3), UsageError);
  CHECK_THROWS_AS(first.worker_count(), UsageError);
  first = std::move(second);
  CHECK(first.submit(square, 5).result() == 25);
}

TEST_CASE("a future of a client that has ended is a wrong call, and destroying it is fine") {
  std::optional<Client> client = local({.threads = 1});
  const auto small = client->submit(square, 3);
  const auto large = client->submit([] { return std::vector<int>(100'000); });
  const Future<int> copy = small;
  CHECK(small.result() == 9);
  client.reset();
  CHECK_THROWS_AS(small.result(), UsageError);
  CHECK_THROWS_AS(small.result(1s), UsageError);
  CHECK_THROWS_AS(large.result(), UsageError);
  CHECK_THROWS_AS(copy.exception(), UsageError);
  CHECK_THROWS_AS(copy.status(), UsageError);
  CHECK_THROWS_AS(copy.done(), UsageError);
  CHECK_THROWS_AS(copy.where(), UsageError);
  CHECK_THROWS_AS(copy.nbytes(), UsageError);
  CHECK_THROWS_AS(copy.then(square), UsageError);
  CHECK_THROWS_AS(Future<int>(small).cancel(), UsageError);
}

TEST_CASE("what outlives its client may be destroyed in any order") {
  std::optional<CompletionRange<int>> range;
  std::vector<Future<int>> futures;
  {
    Client client = local({.threads = 2});
    for (int i = 0; i < 10; ++i) futures.push_back(client.submit(square, i));
    range = client.as_completed(futures);
    CHECK((*range->begin()).done());
  }
  futures.clear();
  range.reset();
}

TEST_CASE("a thread that waits while its client ends gets its result, for ending waits for all tasks") {
  std::atomic<bool> waits = false;
  std::thread waiter;
  {
    Client client = local({.threads = 1});
    const auto task = client.submit([] { return static_latch().wait(), 7; });
    std::atomic<bool> timed_out = false;
    waiter = std::thread([&, task] {
      try {
        task.result(2ms);
      } catch (const TimedOut&) {
        timed_out = true;
      }
      static_latch().open();
      CHECK(task.result() == 7);
      waits = true;
    });
    waiter.join();
    CHECK(timed_out);
  }
  CHECK(waits);
}

TEST_CASE("a future of another client is a wrong call") {
  Client first = local({.threads = 1});
  Client second = local({.threads = 1});
  const auto of_first = first.submit(square, 3);
  const auto of_second = second.submit(square, 4);
  CHECK_THROWS_AS(second.submit(square, of_first), UsageError);
  CHECK_THROWS_AS(second.submit([](const std::vector<int>& xs) { return xs.size(); }, std::vector{of_second, of_first}),
                  UsageError);
  CHECK_THROWS_AS(second.wait(std::vector{of_second, of_first}), UsageError);
  CHECK_THROWS_AS(second.gather(std::vector{of_second, of_first}), UsageError);
  CHECK_THROWS_AS(second.as_completed(std::vector{of_second, of_first}), UsageError);
  CHECK(of_first.result() + of_second.result() == 25);
}

TEST_CASE("the end of a client waits for all that was submitted") {
  static std::atomic<int> ran = 0;
  {
    Client client = local({.threads = 2});
    for (int i = 0; i < 1'000; ++i) client.submit([] { ++ran; });
  }
  CHECK(ran == 1'000);
}

TEST_CASE("no value outlives its client") {
  std::vector<Future<test::Tracked>> futures;
  {
    Client client = local({.threads = 2});
    for (int i = 0; i < 20; ++i) futures.push_back(client.submit(test::make_tracked, std::size_t{1'000}));
    futures.push_back(client.put(test::Tracked(1'000)));
    client.wait(futures);
    CHECK(test::Tracked::live_count() >= 21);
  }
  CHECK(test::Tracked::live_count() == 0);
}

TEST_CASE("an exception that passes does not wait for what has not started") {
  static std::atomic<int> ran = 0;
  const auto leave = [] {
    Client client = local({.threads = 1});
    const auto first = client.submit([] {
      for (int i = 0; i < 60'000 && !this_task::stop_requested() && i < 20; ++i) std::this_thread::sleep_for(1ms);
    });
    for (int i = 0; i < 1'000; ++i) client.submit([] { std::this_thread::sleep_for(100ms), ++ran; });
    throw std::domain_error("on its way");
  };
  CHECK_THROWS_AS(leave(), std::domain_error);
  CHECK(ran < 100);
}

TEST_CASE("with one slot, what is more urgent runs first, and equals run in the order they came") {
  static std::vector<int> order;  // by the only slot
  order.clear();
  Client client = local({.threads = 1});
  static Latch latch;
  const auto blocker = client.submit([] { latch.wait(); });
  const auto note = [](int i) { order.push_back(i); };
  std::vector<Future<void>> all;
  for (int i = 0; i < 3; ++i) all.push_back(client.submit(note, i));
  all.push_back(client.submit({.priority = -5}, note, 20));
  all.push_back(client.submit({.priority = 1}, note, 10));
  all.push_back(client.submit({.priority = 2}, note, 11));
  all.push_back(client.submit({.priority = 1}, note, 12));
  latch.open();
  client.gather(all);
  blocker.result();
  CHECK(order == std::vector<int>{11, 10, 12, 0, 1, 2, 20});
}

TEST_CASE("a large value is not copied on its way to a task, only for result") {
  Client client = local({.threads = 2});
  const auto made = client.submit(test::make_tracked, std::size_t{1'000});
  CHECK(made.then(test::see).result().in_place);
  CHECK(client.put(test::Tracked(1'000)).then(test::see).result().copies == 0);
  CHECK_FALSE(made.result().in_place());
}

TEST_CASE("clients may be made and ended one after the other, and by several threads at once") {
  for (int i = 0; i < 20; ++i) CHECK(local({.threads = 2}).submit(square, i).result() == i * i);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&good] {
      for (int i = 0; i < 5; ++i) {
        if (local({.threads = 1}).submit(square, i).result() == i * i) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 20);
}

TEST_CASE("a task may have a local client of its own") {
  Client client = local({.threads = 1});
  const auto outer = [](int x) {
    Client inner = local({.threads = 1});
    const int squared = inner.submit(square, x).result();
    return squared + (this_task::label() == "outer" ? 1 : 0);
  };
  CHECK(client.submit({.label = "outer"}, outer, 5).result() == 26);
}

}  // namespace
