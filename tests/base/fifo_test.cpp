#include "base/fifo.hpp"

#include <doctest/doctest.h>

using cohort::base::Fifo;

TEST_CASE("what is pushed is popped in the same order, however they alternate") {
  for (const int burst : {1, 3, 1'000, 5'000}) {
    Fifo<int> fifo;
    int pushed = 0;
    int popped = 0;
    while (pushed < 20'000) {
      for (int i = 0; i < burst; ++i) fifo.push(pushed++);
      for (int i = 0; i < burst / 2 + 1 && !fifo.empty(); ++i) REQUIRE(fifo.pop() == popped++);
    }
    while (!fifo.empty()) REQUIRE(fifo.pop() == popped++);
    CHECK(popped == pushed);
  }
}
