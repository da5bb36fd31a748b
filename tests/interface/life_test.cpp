// Values die with their last user, and work goes on by itself.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "interface/shared_client.hpp"
#include "interface/tracked.hpp"

namespace cohort::test {
namespace {

constexpr std::size_t kItems = 1'000;

long live_on_workers() {
  const std::vector<long> counts = client().run_on_all([] { return Tracked::live_count().load(); });
  return std::accumulate(counts.begin(), counts.end(), 0L);
}

void check_none_left() {
  CHECK(eventually([] { return live_on_workers() == 0; }));
  CHECK(Tracked::live_count() == 0);
}

TEST_CASE("a value lives while a future does, and no longer") {
  check_none_left();
  auto value = client().submit(make_tracked, kItems);
  const auto seen = client().submit(see, value);
  CHECK(seen.result().copies == 0);
  CHECK(live_on_workers() >= 1);
  auto copy = value;
  value = {};
  CHECK(copy.then(&Tracked::size).result() == kItems);
  copy = {};
  check_none_left();
}

TEST_CASE("a value lives until the last task that needs it has ended") {
  Gate gate;
  auto made = client().submit(make_tracked, kItems);
  CHECK(made.nbytes() > 0);
  const auto user = client().submit([](const Tracked& value, int) { return value.intact(); }, made,
                                    client().submit(pass_gate, gate.path()));
  made = {};
  wait_for_messages();
  CHECK(live_on_workers() >= 1);
  gate.open();
  CHECK(user.result());
  check_none_left();
}

TEST_CASE("nothing is left of values that were dropped early, moved on, copied, sent, put or broadcast") {
  const auto [first, second] = two_ranks();
  {
    client().submit(see, client().submit(make_tracked, kItems)).result();
    auto chain = client().submit(make_tracked, kItems);
    for (int i = 0; i < 50; ++i) chain = chain.then([](Tracked value) { return value; });
    CHECK(chain.then(&Tracked::intact).result());
    const auto there = client().submit(TaskOptions{.rank = first}, make_tracked, kItems);
    for (int i = 0; i < 3; ++i) {
      CHECK(client()
                .submit(
                    TaskOptions{.rank = second}, [](Tracked value) { return value.intact(); }, there)
                .result());
    }
    CHECK(there.result().intact());
    CHECK(client().put(Tracked(kItems)).then(&Tracked::intact).result());
    const auto everywhere = client().broadcast(Tracked(kItems));
    for (const int rank : {first, second}) {
      CHECK(client().submit(TaskOptions{.rank = rank}, &Tracked::intact, everywhere).result());
    }
  }
  check_none_left();
}

TEST_CASE("nothing is left of the inputs of tasks that failed or were cancelled") {
  {
    Gate gate;
    const auto value = client().submit(make_tracked, kItems);
    const auto failing = client().submit([](Tracked) -> int { throw std::runtime_error("on purpose"); }, value);
    auto cancelled = client().submit([](int, Tracked x) { return x; }, client().submit(pass_gate, gate.path()), value);
    cancelled.cancel();
    gate.open();
    CHECK(failing.exception() != nullptr);
  }
  check_none_left();
}

TEST_CASE("nothing is left of many values on many workers") {
  {
    std::vector<Future<Tracked>> made;
    for (int i = 0; i < 300; ++i) made.push_back(client().submit(make_tracked, kItems));
    std::vector<Future<bool>> used;
    for (std::size_t i = 0; i < made.size(); ++i) {
      used.push_back(client().submit([](const Tracked& a, const Tracked& b) { return a.intact() && b.intact(); },
                                     made[i], made[(i * 7 + 1) % made.size()]));
    }
    made.clear();
    for (const bool intact : client().gather(used)) CHECK(intact);
  }
  check_none_left();
}

TEST_CASE("futures may be dropped by other threads") {
  static std::atomic<int> runs = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int k = 0; k < 100; ++k) client().submit(make_tracked, kItems).then([](const Tracked&) { ++runs; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(eventually([] {
    const std::vector<int> counts = client().run_on_all([] { return runs.load(); });
    return std::accumulate(counts.begin(), counts.end(), 0) == 400;
  }));
  check_none_left();
}

TEST_CASE("a worker gives its values away while all its slots are busy") {
  const auto [first, second] = two_ranks();
  const auto there = client().submit(TaskOptions{.rank = first}, make_tracked, kItems);
  there.where();
  Gate gate;
  std::vector<Future<int>> blockers;
  for (int i = 0; i < most_slots(); ++i) {
    blockers.push_back(client().submit(TaskOptions{.rank = first}, pass_gate, gate.path()));
  }
  CHECK(eventually([&] { return blockers.front().status() == Status::running; }));
  CHECK(there.result().intact());
  if (first != second) CHECK(client().submit(TaskOptions{.rank = second}, &Tracked::intact, there).result());
  gate.open();
  for (const int passed : client().gather(blockers)) CHECK(passed == 1);
}

TEST_CASE("work goes on while the body computes") {
  const Mark mark;
  {
    // More than fits ahead on the workers, and one after the other.
    auto chain = client().submit(square, 1);
    for (int i = 0; i < 300; ++i) chain = client().submit(add, chain, 1);
    client().submit([](int, const std::string& path) { set_mark(path); }, chain, mark.path());
  }
  // Looks at the file only: no call of the runtime.
  CHECK(eventually([&] { return mark.is_set(); }));
}

}  // namespace
}  // namespace cohort::test
