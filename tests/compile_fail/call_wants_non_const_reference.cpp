// expect: Parameters of type T& do not fit: take const T&, T or T&&
#include <vector>

#include "cohort/detail/task_type.hpp"

int main() {
  const auto f = [](std::vector<int>& values) { values.clear(); };
  cohort::detail::task_type<decltype(f), cohort::Future<std::vector<int>>>();
}
