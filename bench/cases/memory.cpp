// Memory for each task: at rank 0 and at a worker, while it waits, and after it has ended while its future is held.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "measure.hpp"

namespace bench {

namespace {

std::atomic<bool> may_end = false;

/// What is free already is given back to the system first.
double resident_bytes() {
  malloc_trim(0);
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;  // the second number
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

struct Bytes {
  double rank_0 = 0;
  double worker = 0;  ///< the one with most
};
Bytes resident(cohort::Client& client) {
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // what is under way arrives
  const std::vector<double> workers = client.run_on_all([] { return resident_bytes(); });
  return {resident_bytes(), *std::max_element(workers.begin(), workers.end())};
}

struct Growth {
  Bytes waiting;
  Bytes held;
};

Growth growth(cohort::Client& client, std::uint64_t count) {
  client.run_on_all([] { may_end = false; });
  std::vector<cohort::Future<int>> futures;
  std::vector<cohort::Future<int>> blockers;
  futures.reserve(count);
  for (int i = 0; i < client.slot_count(); ++i) {
    blockers.push_back(client.submit([] {
      while (!may_end) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return 0;
    }));
  }
  const Bytes before = resident(client);
  for (std::uint64_t i = 0; i < count; ++i) {
    futures.push_back(client.submit([](int x) { return x + 1; }, static_cast<int>(i)));
  }
  const Bytes waiting = resident(client);
  client.run_on_all([] { may_end = true; });
  client.wait(futures);
  const Bytes held = resident(client);
  if (futures.back().result() != static_cast<int>(count)) std::abort();
  const auto each = [count](const Bytes& after, const Bytes& first) {
    return Bytes{(after.rank_0 - first.rank_0) / static_cast<double>(count),
                 (after.worker - first.worker) / static_cast<double>(count)};
  };
  return {each(waiting, before), each(held, before)};
}

}  // namespace

void memory(Bench& bench) {
  // One run: later ones in the process would find what this one has left behind.
  const std::uint64_t size = bench.sizes({100'000, 1'000'000}, 1'000'000).back();
  Growth grown;
  bench.in_cohort([&](cohort::Client& client) {
    grown = growth(client, size);
    return 0.0;
  });
  const auto show = [&](const char* what, double bytes) {
    bench.compare("memory", size, "B/task", 1, {{what, [bytes] { return bytes; }}});
  };
  show("waiting, at rank 0", grown.waiting.rank_0);
  show("waiting, at a worker", grown.waiting.worker);
  show("held, at rank 0", grown.held.rank_0);
  show("held, at a worker", grown.held.worker);
}

}  // namespace bench
