// expect: Do not capture it, pass it as an argument instead
#include <vector>

#include "cohort/detail/task_type.hpp"

int main() {
  std::vector<int> values;
  const auto f = [values](int i) { return values[static_cast<std::size_t>(i)]; };
  cohort::detail::task_type<decltype(f), int>();
}
