#include <doctest/doctest.h>

#include <vector>

#include "scheduler/placement.hpp"

namespace cohort::scheduler {

using namespace std::chrono_literals;

namespace {

/// Rank 0 and workers with so much to do.
std::vector<WorkerLoad> loads(const std::vector<Time>& work) {
  std::vector<WorkerLoad> loads(work.size() + 1);
  loads[0].lost = true;
  for (std::size_t i = 0; i < work.size(); ++i) loads[i + 1].assigned_time = loads[i + 1].busy_until = work[i];
  return loads;
}

PlacedInput input(Address holder, std::uint64_t bytes, Time ready_at = 0ns) {
  return {holder, nullptr, bytes, ready_at};
}

constexpr TransferCost kCost{10us, 1.0};

}  // namespace

TEST_CASE("a task starts once its slot is free and its inputs are there") {
  const std::vector<PlacedInput> inputs{input(1, 50'000), input(2, 20'000)};
  const auto workers = loads({5us, 100us});
  // On worker 1, 20 kB have to come; on worker 2, 50 kB, but its slot is free later still.
  CHECK(earliest_start(inputs, 1, workers[1], 0ns, kCost) == 30us);
  CHECK(earliest_start(inputs, 2, workers[2], 0ns, kCost) == 100us);
}

TEST_CASE("an input that does not exist yet delays the start, wherever that is") {
  const std::vector<PlacedInput> inputs{input(1, 1000, 40us)};
  const auto workers = loads({0us, 0us});
  CHECK(earliest_start(inputs, 1, workers[1], 10us, kCost) == 40us);
  CHECK(earliest_start(inputs, 2, workers[2], 10us, kCost) == 51us);
}

TEST_CASE("several slots work the stock off faster") {
  WorkerLoad load;
  load.slots = 4;
  for (int i = 0; i < 4; ++i) load.plan(0ns, 20us);
  CHECK(earliest_start({}, 1, load, 0ns, kCost) == 20us);
}

TEST_CASE("a copy counts as much as the original") {
  const AddressList replicas{2};
  const std::vector<PlacedInput> inputs{{1, &replicas, 1'000'000, 0ns}};
  CHECK(choose_worker(inputs, loads({500us, 0us}), 2, 0ns, kCost) == 2);
}

TEST_CASE("the task goes where most of its bytes are, if all have as little to do") {
  const std::vector<PlacedInput> inputs{input(1, 1000), input(2, 100'000), input(3, 1000)};
  CHECK(choose_worker(inputs, loads({0us, 0us, 0us, 0us}), 4, 0ns, kCost) == 2);
}

TEST_CASE("an idle worker gets it once waiting costs more than moving the bytes") {
  const std::vector<PlacedInput> inputs{input(1, 100'000)};
  CHECK(choose_worker(inputs, loads({100us, 0us}), 2, 0ns, kCost) == 1);
  CHECK(choose_worker(inputs, loads({120us, 0us}), 2, 0ns, kCost) == 2);
}

TEST_CASE("among equals the one with less to do gets it") {
  // The input comes late: both are free by then.
  const std::vector<PlacedInput> inputs{input(1, 10, 1ms), input(2, 10, 1ms)};
  CHECK(choose_worker(inputs, loads({50us, 20us}), kNowhere, 0ns, kCost) == 2);
}

TEST_CASE("neither rank 0 nor a lost worker is chosen") {
  const std::vector<PlacedInput> inputs{input(0, 1'000'000), input(1, 1000)};
  auto workers = loads({0us, 0us});
  workers[1].lost = true;
  CHECK(choose_worker(inputs, workers, 2, 0ns, kCost) == 2);
  CHECK(choose_worker(inputs, workers, kNowhere, 0ns, kCost) == kNowhere);
}

}  // namespace cohort::scheduler
