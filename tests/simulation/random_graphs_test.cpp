#include <doctest/doctest.h>

#include <cstdlib>
#include <exception>
#include <string>

#include "simulation/random_driver.hpp"

namespace cohort::simulation {

namespace {

/// COHORT_SEED=N runs graph N alone; COHORT_GRAPHS=N runs so many instead of `graphs`.
Tally run_graphs(std::uint64_t first, std::uint64_t graphs) {
  const auto from_environment = [](const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoull(text);
  };
  const std::uint64_t one = from_environment("COHORT_SEED", 0);
  if (one != 0) first = one;
  const std::uint64_t count = one != 0 ? 1 : from_environment("COHORT_GRAPHS", graphs);
  Tally tally;
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 10; ++seed) {
    try {
      tally += run_random_graph(seed);
    } catch (const std::exception& error) {
      ++failures;
      FAIL_CHECK("COHORT_SEED=" << seed << ": " << std::string(error.what()));
    }
  }
  MESSAGE(tally.graphs << " graphs, " << tally.tasks << " tasks, " << tally.messages << " messages; finished "
                       << tally.finished << ", failed " << tally.failed << ", cancelled " << tally.cancelled
                       << ", lost " << tally.lost << "; workers lost " << tally.workers_lost << ", computed again "
                       << tally.revived << ", moved in place " << tally.moved << ", recalled " << tally.recalls << " ("
                       << tally.given_back << " given back), relocated " << tally.relocated << ", rode along "
                       << tally.rode_along << ", held " << tally.held << ", filled " << tally.filled << ", withheld "
                       << tally.withheld);
  return tally;
}

}  // namespace

TEST_CASE("random graphs end as they must, whatever is delayed, lost or dropped") {
  const Tally tally = run_graphs(1, 1000);
  if (tally.graphs < 1000) return;
  // Else the driver tests less than it seems to.
  CHECK(tally.finished > 10'000);
  CHECK(tally.failed > 500);
  CHECK(tally.cancelled > 500);
  CHECK(tally.lost > 100);
  CHECK(tally.workers_lost > 100);
  CHECK(tally.revived > 100);
  CHECK(tally.moved > 250);
  CHECK(tally.given_back > 50);
  CHECK(tally.relocated > 100);
  CHECK(tally.rode_along > 500);
  CHECK(tally.held > 500);
  CHECK(tally.filled > 500);
  CHECK(tally.withheld > 500);
}

TEST_CASE("many more random graphs end as they must" * doctest::skip()) { run_graphs(100'000, 20'000); }

}  // namespace cohort::simulation
