#include "session/task_threads.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string_view>

namespace cohort::session {
namespace {

struct Library {
  const char* variable;
  const char* function;  ///< takes the number of threads; null: there is none
};

constexpr Library kOpenMp{"OMP_NUM_THREADS", "omp_set_num_threads"};
constexpr Library kBlas[] = {
    {"OPENBLAS_NUM_THREADS", "openblas_set_num_threads"},
    {"MKL_NUM_THREADS", "MKL_Set_Num_Threads"},
    {"VECLIB_MAXIMUM_THREADS", nullptr},
};
/// Takes a 64-bit number in BLIS's usual build.
constexpr Library kBlis{"BLIS_NUM_THREADS", "bli_thread_set_num_threads"};

bool is_one(const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it any more
  return value == nullptr || std::string_view(value) == "1";
}

template <class Number>
void set_to_one(const Library& library) {
  if (library.function == nullptr || !is_one(library.variable)) return;
  if (void* const function = ::dlsym(RTLD_DEFAULT, library.function)) {
    reinterpret_cast<void (*)(Number)>(function)(1);
  }
}

}  // namespace

void limit_task_threads() {
  ::setenv(kOpenMp.variable, "1", 0);  // NOLINT(concurrency-mt-unsafe): before any thread
  ::setenv(kBlis.variable, "1", 0);    // NOLINT(concurrency-mt-unsafe)
  for (const Library& library : kBlas) {
    ::setenv(library.variable, "1", 0);  // NOLINT(concurrency-mt-unsafe)
    set_to_one<int>(library);
  }
  set_to_one<long>(kBlis);
}

void limit_task_threads_here() { set_to_one<int>(kOpenMp); }

}  // namespace cohort::session
