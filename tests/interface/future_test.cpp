// Every member of Future.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "interface/shared_client.hpp"

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("result can be asked for again and again, small or large") {
  const auto small = client().submit(square, 5);
  const auto large = client().submit([] { return std::vector<int>(100'000, 3); });
  for (int i = 0; i < 3; ++i) {
    CHECK(small.result() == 25);
    CHECK(large.result() == std::vector<int>(100'000, 3));
  }
}

TEST_CASE("copies of a future stand for the same task") {
  auto first = client().submit(square, 5);
  const Future<int> second = first;
  first = client().submit(square, 6);
  CHECK(first.result() == 36);
  CHECK(second.result() == 25);
}

TEST_CASE("a future by default, or moved from, is a wrong call") {
  const Future<int> none;
  CHECK_THROWS_AS(none.result(), UsageError);
  CHECK_THROWS_AS(none.status(), UsageError);
  CHECK_THROWS_AS(client().submit(square, none), UsageError);
  CHECK_THROWS_AS(client().gather(std::vector{none}), UsageError);
  auto moved = client().submit(square, 2);
  const auto to = std::move(moved);
  CHECK_THROWS_AS(moved.result(), UsageError);
  CHECK(to.result() == 4);
}

TEST_CASE("a result that does not come in time throws TimedOut, and its future stays usable") {
  Gate gate;
  const auto task = client().submit(pass_gate, gate.path());
  CHECK_THROWS_AS(task.result(2ms), TimedOut);
  CHECK_THROWS_AS(task.result(0ns), TimedOut);
  CHECK_THROWS_AS(task.result(-1s), TimedOut);
  CHECK_FALSE(task.done());
  gate.open();
  CHECK(task.result(kLong) == 1);
  CHECK(task.result(0ns) == 1);
  CHECK(task.result(forever) == 1);
  CHECK(task.result(forever - 1ns) == 1);
}

TEST_CASE("exception waits, and is null for what went well") {
  CHECK(client().submit(square, 2).exception() == nullptr);
  CHECK(client().submit([] {}).exception() == nullptr);
  const auto failed = client().submit(fail, "on purpose");
  const std::exception_ptr thrown = failed.exception();
  REQUIRE(thrown != nullptr);
  CHECK_THROWS_WITH_AS(std::rethrow_exception(thrown), "on purpose", std::out_of_range);
  CHECK(failed.exception() != nullptr);
}

TEST_CASE("status goes from pending to running to finished, and done says whether it has ended" *
          doctest::test_suite("threads")) {
  Gate gate;
  const auto task = client().submit(pass_gate, gate.path());
  const auto after = task.then(square);
  CHECK_FALSE(task.done());
  CHECK(eventually([&] { return task.status() == Status::running; }));
  CHECK_FALSE(task.done());
  CHECK(after.status() == Status::pending);
  CHECK_FALSE(after.done());
  gate.open();
  CHECK(after.result() == 1);
  CHECK(task.status() == Status::finished);
  CHECK(task.done());
  CHECK(after.status() == Status::finished);
}

TEST_CASE("status tells a failure, and asking for it does not wait") {
  const auto failed = client().submit(fail, "on purpose");
  CHECK(eventually([&] { return failed.done(); }));
  CHECK(failed.status() == Status::failed);
  CHECK(failed.exception() != nullptr);
}

TEST_CASE("cancel drops what has not started, together with all that need it") {
  Gate gate;
  const auto blocked = client().submit(pass_gate, gate.path());
  auto dropped = client().submit(square, blocked);
  const auto child = dropped.then(square);
  const auto grandchild = client().submit(add, child, blocked);
  const auto beside = blocked.then(square);
  dropped.cancel();
  CHECK(dropped.status() == Status::cancelled);
  CHECK(child.status() == Status::cancelled);
  CHECK(grandchild.status() == Status::cancelled);
  CHECK(dropped.done());
  CHECK_THROWS_AS(dropped.result(), TaskCancelled);
  CHECK_THROWS_AS(grandchild.result(), TaskCancelled);
  CHECK(child.exception() != nullptr);
  CHECK_THROWS_AS(child.where(), TaskCancelled);
  CHECK_THROWS_AS(dropped.then(square).result(), TaskCancelled);
  gate.open();
  CHECK(beside.result() == 1);
}

TEST_CASE("what is cancelled behind busy slots does not run" * doctest::test_suite("threads")) {
  Gate gate;
  const auto blockers = gate.fill_slots();
  std::vector<Future<void>> behind;
  const Mark mark;
  for (const int rank : worker_ranks()) {
    behind.push_back(client().submit(TaskOptions{.rank = rank}, set_mark, mark.path()));
    behind.push_back(client().submit(set_mark, mark.path()));
  }
  for (auto& task : behind) task.cancel();
  for (const auto& task : behind) CHECK(task.status() == Status::cancelled);
  wait_for_messages();  // else a worker may take the next task before it hears of the cancel
  gate.open();
  for (const int passed : client().gather(blockers)) CHECK(passed == 1);
  // Whatever should not run would have run by now.
  for (const int rank : worker_ranks()) CHECK(client().submit(TaskOptions{.rank = rank}, square, 1).result() == 1);
  CHECK_FALSE(mark.is_set());
}

TEST_CASE("cancel tells a running task to stop, and its future is cancelled at once" * doctest::test_suite("threads")) {
  const Mark stopped;
  auto task = client().submit(run_until_stopped, stopped.path());
  const auto child = task.then(square);
  REQUIRE(eventually([&] { return task.status() == Status::running; }));
  task.cancel();
  CHECK(task.status() == Status::cancelled);
  CHECK(child.status() == Status::cancelled);
  CHECK_THROWS_AS(task.result(), TaskCancelled);
  CHECK(eventually([&] { return stopped.is_set(); }));
  task.cancel();
  CHECK(client().submit(square, 4).result() == 16);
}

TEST_CASE("cancel does nothing to what has ended") {
  auto finished = client().submit(square, 3);
  CHECK(finished.result() == 9);
  finished.cancel();
  CHECK(finished.status() == Status::finished);
  CHECK(finished.result() == 9);
  auto failed = client().submit(fail, "on purpose");
  CHECK(failed.exception() != nullptr);
  failed.cancel();
  CHECK(failed.status() == Status::failed);
}

TEST_CASE("a cancelled task is no failure and can be told as a TaskError") {
  Gate gate;
  auto task = client().submit(TaskOptions{.label = "dropped"}, pass_gate, gate.path());
  task.cancel();
  gate.open();
  try {
    task.result();
    FAIL("it was cancelled");
  } catch (const TaskError& error) {
    CHECK(error.label == "dropped");
    CHECK(error.type_name == "cohort::TaskCancelled");
    CHECK_FALSE(error.element.has_value());
  }
  CHECK_THROWS_AS(task.result(), std::runtime_error);
}

TEST_CASE("then submits a function on the value") {
  const auto nine = client().submit(square, 3);
  const auto chained = nine.then(square).then([](int x) { return std::to_string(x); });
  CHECK(chained.result() == "81");
  const auto after_void = client().submit([] {}).then([] { return 4; });
  CHECK(after_void.result() == 4);
  const auto text = client().submit([] { return std::string("text"); });
  CHECK(text.then(&std::string::size).result() == 4);
}

TEST_CASE("where is the rank that holds the value") {
  for (const int rank : worker_ranks()) {
    CHECK(client().submit(TaskOptions{.rank = rank}, square, 3).where() == rank);
    CHECK(client().submit(TaskOptions{.rank = rank}, [] {}).where() == rank);
  }
  const auto failed = client().submit(fail, "on purpose");
  CHECK_THROWS_AS(failed.where(), std::out_of_range);
  CHECK_THROWS_AS(failed.nbytes(), std::out_of_range);
}

TEST_CASE("where and nbytes wait for the task" * doctest::test_suite("threads")) {
  Gate gate;
  const auto task = client().submit(pass_gate, gate.path());
  std::thread opener([&] {
    eventually([&] { return task.status() == Status::running; });
    gate.open();
  });
  CHECK(task.nbytes() == sizeof(int));
  opener.join();
}

TEST_CASE("nbytes is the size of the value as it travels") {
  CHECK(client().submit([] { return 1.5; }).nbytes() == sizeof(double));
  CHECK(client().submit([] {}).nbytes() == 0);
  const std::size_t large = client().submit([] { return std::vector<double>(1'000'000, 1.5); }).nbytes();
  CHECK(large >= 8'000'000);
  CHECK(large <= 8'000'000 + 64);
}

TEST_CASE("one future may be asked by several threads at once") {
  Gate gate;
  const auto task = client().submit([](int, std::size_t n) { return std::vector<int>(n, 7); },
                                    client().submit(pass_gate, gate.path()), std::size_t{100'000});
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, mine = task] {
      if (mine.result() == std::vector<int>(100'000, 7)) ++good;
    });
  }
  gate.open();
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 4);
}

}  // namespace
}  // namespace cohort::test
