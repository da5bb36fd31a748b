#include "transport/joined.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <thread>

#include "session/root_worker.hpp"
#include "transport/endpoint_scenarios.hpp"
#include "transport/in_process.hpp"

namespace cohort::transport {
namespace {

using testing::Scenario;
using testing::scenarios;

/// As rank 0's worker joins `ranks` ranks: in-process endpoints stand for the two over MPI.
std::vector<std::unique_ptr<Endpoint>> make_members(std::size_t ranks, base::Doorbell& core, base::Doorbell& worker) {
  auto first = make_in_process(std::vector<base::Doorbell*>(ranks, nullptr));
  auto second = make_in_process(std::vector<base::Doorbell*>(ranks, nullptr));
  std::vector<std::unique_ptr<Endpoint>> members(ranks + 1);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    auto made = session::join_root_worker(std::move(first[rank]), std::move(second[rank]), core, worker);
    members[rank] = std::move(made.mine);
    if (made.worker) members[ranks] = std::move(made.worker);
  }
  return members;
}

/// Every member on a thread of its own.
void run(const Scenario& scenario, std::size_t ranks) {
  base::Doorbell core;
  base::Doorbell worker;
  auto members = make_members(ranks, core, worker);
  std::vector<std::exception_ptr> failures(members.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < members.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        scenario.run(*members[i]);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace

TEST_CASE("members that are joined over several media keep what every transport promises") {
  for (const std::size_t ranks : {2U, 3U}) {
    for (const Scenario& scenario : scenarios()) {
      CAPTURE(ranks);
      CAPTURE(scenario.name);
      CHECK_NOTHROW(run(scenario, ranks));
    }
  }
}

TEST_CASE("a member that no part reaches, and oneself, cannot be sent to") {
  auto endpoints = make_in_process(std::vector<base::Doorbell*>(2, nullptr));
  std::vector<Part> parts;
  parts.push_back({std::move(endpoints[0]), {kNotThere, 1, kNotThere}});
  const auto joined = join(0, std::move(parts));
  CHECK(joined->size() == 3);
  CHECK_THROWS_AS(joined->send(0, {}), std::logic_error);
  CHECK_THROWS_AS(joined->send(2, {}), std::logic_error);
  CHECK_NOTHROW(joined->send(1, {}));
  CHECK(joined->all_sent());
}

}  // namespace cohort::transport
