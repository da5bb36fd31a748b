// task_threads_test [N]: how many threads OpenMP and a BLAS may start in a task: one, or as many as the user has told
// OpenMP.
#include <omp.h>

#include <cohort/cohort.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

int blas_threads = 64;

/// What a task sees.
std::string look() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(" ") + (value == nullptr ? "unset" : value);
  };
  return std::to_string(omp_get_max_threads()) + " " + std::to_string(blas_threads) + variable("OMP_NUM_THREADS") +
         variable("OPENBLAS_NUM_THREADS") + variable("MKL_NUM_THREADS") + variable("BLIS_NUM_THREADS") +
         variable("VECLIB_MAXIMUM_THREADS");
}

}  // namespace

/// Stands in for OpenBLAS, which has read the environment when it was loaded.
extern "C" void openblas_set_num_threads(int count) { blas_threads = count; }

int main(int argc, char** argv) {
  // Empty: not set. Before main() OpenMP has taken it for that, too.
  const char* told = std::getenv("OMP_NUM_THREADS");
  if (told != nullptr && *told == '\0') unsetenv("OMP_NUM_THREADS");
  const std::string threads = argc > 1 ? argv[1] : "1";
  const std::string expected = threads + " 1 " + threads + " 1 1 1 1";
  return cohort::run(argc, argv, [&](cohort::Client& client) {
    for (int i = 0; i < 20; ++i) {
      const std::string seen = client.submit(look).result();
      if (seen == expected) continue;
      std::fprintf(stderr, "a task sees '%s' instead of '%s'\n", seen.c_str(), expected.c_str());
      return 1;
    }
    return 0;
  });
}
