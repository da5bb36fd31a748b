#include "client/sample.hpp"

#include <doctest/doctest.h>

namespace cohort::detail {

using namespace std::chrono_literals;

namespace {

constexpr Time kBegan = 100s;

/// Tasks of `each` that end one after the other, on one worker after the other, as with one slot at a time.
Time run_tasks(Sample& sample, int count, int workers, Time each, Time from, std::uint64_t kind = 1) {
  Time now = from;
  for (int i = 0; i < count; ++i) {
    now += each;
    sample.on_ended({.worker = 1 + i % workers, .kind = kind, .duration = each}, now);
  }
  return now;
}

}  // namespace

TEST_CASE("a sample begins when each slot has ended a task and the program waits, and takes its time from there") {
  Sample sample({.began = kBegan, .time = 2s}, {1, 1});
  sample.on_submit(kBegan + 5s);
  sample.on_wait(kBegan + 5s);
  Time now = run_tasks(sample, 10, 1, 500ms, kBegan + 5s);
  sample.on_ended({.worker = 2, .kind = 1, .duration = 1s}, now);  // here
  now = run_tasks(sample, 19, 2, 100ms, now);
  CHECK_FALSE(sample.is_over());
  now = run_tasks(sample, 1, 1, 100ms, now);
  CHECK(sample.is_over());
  CHECK(sample.report().elapsed == 12s);
  CHECK(sample.report().tasks == 20);
  CHECK(sample.report().work == 2s);
  CHECK_FALSE(sample.report().ended);
  // What ends later is not counted.
  run_tasks(sample, 1, 1, 100ms, now);
  CHECK(sample.report().tasks == 20);
}

TEST_CASE("while the program still submits, nothing counts") {
  Sample sample({.began = kBegan, .time = 1s}, {1});
  sample.on_submit(kBegan);
  Time now = run_tasks(sample, 30, 1, 100ms, kBegan);
  CHECK_FALSE(sample.is_over());
  sample.on_wait(now);
  now = run_tasks(sample, 20, 1, 50ms, now);
  CHECK(sample.is_over());
  CHECK(sample.report().tasks == 20);
  CHECK(sample.report().speed == doctest::Approx(1));
  CHECK(sample.report().once == 0s);
}

TEST_CASE("a sample waits for two tasks of each slot, if they take long") {
  Sample sample({.began = kBegan, .time = 2s}, {2});
  sample.on_submit(kBegan);
  sample.on_wait(kBegan);
  const Time now = run_tasks(sample, 2 + 3, 1, 3s, kBegan);
  CHECK_FALSE(sample.is_over());
  run_tasks(sample, 1, 1, 3s, now);
  CHECK(sample.is_over());
}

TEST_CASE("a sample in which no task ends is over all the same after ten times its time") {
  Sample sample({.began = kBegan, .time = 2s}, {1});
  sample.on_tick(kBegan + 1h);
  CHECK_FALSE(sample.is_over());  // nothing was submitted: the body still computes
  sample.on_submit(kBegan + 1h);
  sample.on_tick(kBegan + 1h + 19s);
  CHECK_FALSE(sample.is_over());
  sample.on_tick(kBegan + 1h + 20s);
  CHECK(sample.is_over());
  CHECK(sample.report().tasks == 0);
  CHECK(sample.report().speed == 0);
}

TEST_CASE("where a worker gets nothing to do, or the program never waits, five times the time are enough") {
  Sample sample({.began = kBegan, .time = 1s}, {1, 1});
  sample.on_submit(kBegan);
  Time now = run_tasks(sample, 59, 1, 100ms, kBegan);
  CHECK_FALSE(sample.is_over());
  run_tasks(sample, 1, 1, 100ms, now);
  CHECK(sample.is_over());
  CHECK(sample.report().tasks == 10);
  CHECK(sample.report().speed == doctest::Approx(1));
}

TEST_CASE("what is paid once is told from what each task costs") {
  // 4 s until the first task begins: then each of the two workers ends one every 100 ms.
  Sample sample({.began = kBegan, .time = 6s}, {1, 1});
  sample.on_submit(kBegan);
  sample.on_wait(kBegan);
  for (Time now = kBegan + 4100ms; !sample.is_over(); now += 100ms) {
    for (int worker : {1, 2}) sample.on_ended({.worker = worker, .kind = 1, .duration = 100ms}, now);
  }
  const SampleReport report = sample.report();
  CHECK(report.speed == doctest::Approx(2).epsilon(0.01));
  CHECK(std::chrono::duration<double>(report.once).count() == doctest::Approx(4).epsilon(0.02));
}

TEST_CASE("a program that ends before counts as a whole") {
  Sample sample({.began = kBegan, .time = 1h}, {1});
  sample.on_submit(kBegan);
  sample.on_wait(kBegan);
  run_tasks(sample, 10, 1, 1s, kBegan);
  sample.on_end_of_program(kBegan + 12s);
  CHECK(sample.is_over());
  CHECK(sample.report().ended);
  CHECK(sample.report().elapsed == 12s);
  CHECK(sample.report().work == 10s);
  CHECK(sample.report().tasks == 10);
  CHECK(sample.report().kinds == SampledKinds{{1, {.elements = 10, .busy = 10s}}});
}

TEST_CASE("a sample like another does its work, kind by kind, at any speed of its own") {
  // There, 100 short tasks took 10 ms each, and 10 long ones 100 ms: 2 s.
  const SampledKinds like{{1, {.elements = 100, .busy = 1s}}, {2, {.elements = 10, .busy = 1s}}};
  Sample sample({.began = kBegan, .time = 1s, .like = like}, {1});
  sample.on_submit(kBegan);
  sample.on_wait(kBegan);
  // Here all take four times as long, and there are more of the long ones.
  Time now = run_tasks(sample, 1 + 50, 1, 40ms, kBegan, 1);
  now = run_tasks(sample, 2, 1, 400ms, now, 2);
  CHECK_FALSE(sample.is_over());
  // Three times the time of a sample are over before the work is done.
  now = run_tasks(sample, 1, 1, 400ms, now, 2);
  CHECK(sample.is_over());
  CHECK(sample.report().work == 800ms);
  CHECK(sample.report().speed == doctest::Approx(0.25));
  CHECK(sample.report().kinds.at(2).busy == 1200ms);  // its own
}

TEST_CASE("a sample like another ends when the work is done, but not before a quarter of the time") {
  const SampledKinds like{{1, {.elements = 100, .busy = 1s}}};
  Sample sample({.began = kBegan, .time = 1s, .like = like}, {1});
  sample.on_submit(kBegan);
  sample.on_wait(kBegan);
  const Time now = run_tasks(sample, 1 + 99, 1, 5ms, kBegan);
  CHECK_FALSE(sample.is_over());
  run_tasks(sample, 1, 1, 5ms, now);
  CHECK(sample.is_over());
  CHECK(sample.report().work == 1s);
  CHECK(sample.report().speed == doctest::Approx(2));

  Sample quick({.began = kBegan, .time = 1s, .like = like}, {1});
  quick.on_submit(kBegan);
  quick.on_wait(kBegan);
  run_tasks(quick, 1 + 249, 1, 1ms, kBegan);
  CHECK_FALSE(quick.is_over());
  run_tasks(quick, 1, 1, 1ms, kBegan + 250ms);
  CHECK(quick.is_over());
}

TEST_CASE("elements count, not chunks, and the size of those that were chosen is told") {
  Sample sample({.began = kBegan, .time = 1s}, {1});
  sample.on_submit(kBegan);
  sample.on_wait(kBegan);
  for (int i = 0; i <= 3; ++i) {
    const Time duration = i == 0 ? 0ms : 300ms;
    sample.on_ended({.worker = 1, .kind = 1, .elements = 1000, .chunk_was_chosen = true, .duration = duration},
                    kBegan + i * 300ms);
  }
  sample.on_ended({.worker = 1, .kind = 2, .elements = 7, .duration = 100ms}, kBegan + 1s);
  CHECK(sample.is_over());
  CHECK(sample.report().elements == 3007);
  CHECK(sample.report().chunk_elements == 1000);
  CHECK(sample.report().chunked == doctest::Approx(0.9));
}

}  // namespace cohort::detail
