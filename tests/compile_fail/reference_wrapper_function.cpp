// expect: cohort: a std::reference_wrapper cannot travel to another rank
#include <functional>

#include "cohort/detail/task_type.hpp"

int main() {
  const auto f = [](int x) { return x; };
  cohort::detail::task_type<std::reference_wrapper<decltype(f)>, int>();
}
