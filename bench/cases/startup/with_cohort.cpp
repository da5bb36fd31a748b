/// startup_cohort: one task, and one on each worker.

#include <cohort/cohort.hpp>

#include "cases/startup/stamps.hpp"

int main(int argc, char** argv) {
  return cohort::run(argc, argv, [](cohort::Client& client) {
    const bool right = client.submit([](int x) { return x + 1; }, 1).result() == 2;
    const std::int64_t first = bench::programs::now_ns();
    client.run_on_all([] {});
    bench::programs::print({first, bench::programs::now_ns()});
    return right ? 0 : 1;
  });
}
