// Values and calls on chosen workers: put, broadcast, run_on_all, counts, TaskOptions, this_task.
#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "interface/shared_client.hpp"

namespace cohort::test {
namespace {

using Numbers = std::vector<double>;

double sum_of(const Numbers& xs) {
  double sum = 0;
  for (const double x : xs) sum += x;
  return sum;
}
constexpr std::size_t kItems = 500'000;
constexpr std::uint64_t kBytes = kItems * sizeof(double);

TEST_CASE("put moves a value to a worker") {
  const auto value = client().put(Numbers(kItems, 2.0));
  const std::vector<int> ranks = worker_ranks();
  CHECK(std::find(ranks.begin(), ranks.end(), value.where()) != ranks.end());
  CHECK(value.nbytes() >= kBytes);
  CHECK(client().submit(sum_of, value).result() == 1'000'000);
  CHECK(value.result() == Numbers(kItems, 2.0));
  CHECK(client().put(5).result() == 5);
  CHECK(client().put("literal").then(&std::string::size).result() == 7);
  const Numbers kept(10, 1.0);
  CHECK(client().put(kept).result() == kept);
}

TEST_CASE("what was put is not sent again for the tasks that use it") {
  const auto value = client().put(Numbers(kItems, 2.0));
  value.where();
  const std::uint64_t before = client().traffic().bytes_sent;
  for (const int rank : worker_ranks())
    CHECK(client().submit(TaskOptions{.rank = rank}, sum_of, value).result() == 1'000'000);
  CHECK(client().traffic().bytes_sent - before < kBytes / 10);
}

TEST_CASE("broadcast puts a copy on every worker") {
  const std::uint64_t at_first = client().traffic().bytes_sent;
  const auto value = client().broadcast(Numbers(kItems, 3.0));
  value.where();
  CHECK(value.status() == Status::finished);
  const Traffic before = client().traffic();
  CHECK(before.bytes_sent - at_first < kBytes * 3 / 2);
  for (const int rank : worker_ranks())
    CHECK(client().submit(TaskOptions{.rank = rank}, sum_of, value).result() == 1'500'000);
  CHECK(client().traffic().bytes_sent - before.bytes_sent < kBytes / 10);
  CHECK(client().traffic().bytes_received - before.bytes_received < kBytes / 10);
  CHECK(value.result() == Numbers(kItems, 3.0));
  CHECK(client().broadcast(std::string("small")).result() == "small");
}

TEST_CASE("values go from worker to worker, not through rank 0") {
  const auto [first, second] = two_ranks();
  const auto made = client().submit(TaskOptions{.rank = first}, [] { return Numbers(kItems, 1.0); });
  made.where();
  const Traffic before = client().traffic();
  CHECK(client().submit(TaskOptions{.rank = second}, sum_of, made).result() == 500'000);
  const Traffic after = client().traffic();
  CHECK(after.bytes_sent - before.bytes_sent < kBytes / 10);
  CHECK(after.bytes_received - before.bytes_received < kBytes / 10);
}

TEST_CASE("a task runs where its large input is") {
  for (const int rank : worker_ranks()) {
    const auto made = client().submit(TaskOptions{.rank = rank}, [] { return Numbers(kItems, 1.0); });
    made.where();
    CHECK(made.then([](const Numbers&) { return this_task::rank(); }).result() == rank);
  }
}

TEST_CASE("run_on_all calls once on each worker, and gives the results by worker index") {
  const std::vector<int> ranks = worker_ranks();
  CHECK(int(ranks.size()) == client().worker_count());
  CHECK(std::is_sorted(ranks.begin(), ranks.end()));
  CHECK(std::set<int>(ranks.begin(), ranks.end()).size() == ranks.size());
  const std::vector<long> pids = client().run_on_all([] { return long{getpid()}; });
  CHECK(std::set<long>(pids.begin(), pids.end()).size() == pids.size());
  const int by = 4;
  CHECK(client().run_on_all([by] { return std::vector<int>(100'000, by); }).back() == std::vector<int>(100'000, 4));
  CHECK(client().run_on_all([] { return std::string("text"); }) == std::vector<std::string>(ranks.size(), "text"));
}

TEST_CASE("run_on_all with a function that returns nothing") {
  static std::atomic<int> calls = 0;
  client().run_on_all([] { ++calls; });
  const std::vector<int> counts = client().run_on_all([] { return calls.exchange(0); });
  CHECK(counts == std::vector<int>(counts.size(), 1));
}

TEST_CASE("run_on_all throws the first failure by worker index") {
  try {
    client().run_on_all([]() -> int { throw std::out_of_range("rank " + std::to_string(this_task::rank())); });
    FAIL("it throws");
  } catch (const TaskError& error) {
    CHECK(error.rank == worker_ranks().front());
    CHECK(error.message == "rank " + std::to_string(error.rank));
  }
  CHECK_THROWS_AS(client().run_on_all([] { throw std::out_of_range("void"); }), std::out_of_range);
}

TEST_CASE("run_on_all does not stand behind busy slots") {
  Gate gate;
  const auto blockers = gate.fill_slots();
  const auto queued = client().submit(square, 2);
  CHECK(int(client().run_on_all([] { return 1; }).size()) == client().worker_count());
  gate.open();
  client().gather(blockers);
  CHECK(queued.result() == 4);
}

TEST_CASE("there is a slot at least on each worker") {
  CHECK(client().worker_count() >= 1);
  CHECK(client().slot_count() >= client().worker_count());
}

TEST_CASE("all slots run tasks at the same time") {
  Gate gate;
  std::vector<Future<int>> blocked;
  for (int i = 0; i < client().slot_count(); ++i) blocked.push_back(client().submit(pass_gate, gate.path()));
  CHECK(eventually([&] {
    return std::all_of(blocked.begin(), blocked.end(),
                       [](const auto& task) { return task.status() == Status::running; });
  }));
  gate.open();
  client().gather(blocked);
}

TEST_CASE("options by default change nothing") {
  CHECK(client().submit(TaskOptions{}, square, 3).result() == 9);
  CHECK(client().submit({}, square, 3).result() == 9);
  CHECK(client().submit({.label = "nine", .priority = 3, .retries = 2}, square, 3).result() == 9);
  CHECK(client().submit({.timeout = std::chrono::hours(1)}, square, 3).result() == 9);
}

TEST_CASE("a task of a rank runs there, and one of a rank that is not there is a wrong call") {
  for (const int rank : worker_ranks()) {
    std::vector<Future<int>> tasks;
    for (int i = 0; i < 50; ++i)
      tasks.push_back(client().submit(TaskOptions{.rank = rank}, [] { return this_task::rank(); }));
    for (const int ran : client().gather(tasks)) CHECK(ran == rank);
  }
  const int beyond = worker_ranks().back() + 1;
  CHECK_THROWS_AS(client().submit(TaskOptions{.rank = beyond}, square, 3), UsageError);
  CHECK_THROWS_AS(client().submit(TaskOptions{.rank = -1}, square, 3), UsageError);
  if (worker_ranks().front() != 0) CHECK_THROWS_AS(client().submit(TaskOptions{.rank = 0}, square, 3), UsageError);
}

TEST_CASE("options that cannot be are a wrong call") {
  CHECK_THROWS_AS(client().submit(TaskOptions{.retries = -1}, square, 3), UsageError);
  CHECK_THROWS_AS(client().submit(TaskOptions{.timeout = std::chrono::seconds(-1)}, square, 3), UsageError);
}

TEST_CASE("a task is tried again as often as its retries say") {
  const auto flaky = [](int failures) {
    if (this_task::attempt() < failures) throw std::runtime_error("attempt " + std::to_string(this_task::attempt()));
    return this_task::attempt();
  };
  CHECK(client().submit(TaskOptions{.retries = 3}, flaky, 2).result() == 2);
  CHECK(client().submit(TaskOptions{.retries = 3}, flaky, 0).result() == 0);
  CHECK_THROWS_WITH(client().submit(TaskOptions{.retries = 1}, flaky, 5).result(), "attempt 1");
  const auto input = client().submit([] { return std::string(5'000, 'x'); });
  const auto taking = [](std::string text, std::size_t size) {
    if (this_task::attempt() == 0) throw std::runtime_error("after the text was taken");
    return text.size() == size;
  };
  CHECK(client().submit(TaskOptions{.retries = 1}, taking, input, std::size_t{5'000}).result());
}

TEST_CASE("what is more urgent runs first") {
  if (client().slot_count() > client().worker_count()) return;  // with two slots the order cannot be seen
  static std::atomic<int> count = 0;
  const auto next = [] { return ++count; };
  Gate gate;
  const auto blockers = gate.fill_slots();
  const int rank = worker_ranks().back();
  std::vector<Future<int>> normal;
  for (int i = 0; i < 10; ++i) normal.push_back(client().submit(TaskOptions{.rank = rank}, next));
  const auto low = client().submit(TaskOptions{.priority = -1, .rank = rank}, next);
  const auto high = client().submit(TaskOptions{.priority = 1, .rank = rank}, next);
  const auto highest = client().submit(TaskOptions{.priority = 2, .rank = rank}, next);
  client().run_on_all([] { return 0; });  // what was sent before has arrived
  gate.open();
  const int first = highest.result();
  CHECK(high.result() == first + 1);
  for (int i = 0; i < 10; ++i) CHECK(normal[std::size_t(i)].result() == first + 2 + i);
  CHECK(low.result() == first + 12);
}

TEST_CASE("this_task knows its rank, attempt and label") {
  const auto label = [] { return this_task::label(); };
  CHECK(client().submit(TaskOptions{.label = "named"}, label).result() == "named");
  CHECK(client().submit(label).result().empty());
  CHECK(client().submit([] { return this_task::attempt(); }).result() == 0);
  CHECK_FALSE(client().submit([] { return this_task::stop_requested(); }).result());
  const auto placed = client().submit([] { return this_task::rank(); });
  CHECK(placed.result() == placed.where());
}

TEST_CASE("this_task outside a task is a wrong call") {
  CHECK_THROWS_AS(this_task::rank(), UsageError);
  CHECK_THROWS_AS(this_task::attempt(), UsageError);
  CHECK_THROWS_AS(this_task::label(), UsageError);
  CHECK_THROWS_AS(this_task::stop_requested(), UsageError);
}

}  // namespace
}  // namespace cohort::test
