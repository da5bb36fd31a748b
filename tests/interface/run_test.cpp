// cohort::run itself, as a program that ends with 0 on every rank if all is well.
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cohort/cohort.hpp"

namespace {

int problems = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  ++problems;
}

/// Move-only, and called once on rank 0.
struct Body {
  explicit Body(int given) : code(given) {}
  Body(Body&&) = default;
  int operator()(cohort::Client& client) {
    check(client.submit([](int x) { return x + 1; }, 1).result() == 2, "tasks run in a body that cannot be copied");
    return code;
  }
  int code;
};

}  // namespace

/// Given: --cohort-threads=2 kept --cohort-threads 3 --kept.
int main(int argc, char** argv) {
  int calls = 0;
  const int code = cohort::run(argc, argv, [&](cohort::Client& client) {
    ++calls;
    check(argc == 3, "run takes its own flags out before the body");
    check(client.slot_count() == 3 * client.worker_count(), "the last flag holds");
    for (int i = 0; i < 100; ++i) client.submit([] {});  // run waits for them
    return Body(7)(client);
  });
  check(code == 7, "run returns the body's value on every rank");
  check(calls <= 1, "the body is called on rank 0 only");
  check(argc == 3, "run takes its own flags out on every rank");
  check(argc == 3 && std::string_view(argv[1]) == "kept" && std::string_view(argv[2]) == "--kept" && argv[3] == nullptr,
        "what is not run's own stays, in order");
  return problems == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
