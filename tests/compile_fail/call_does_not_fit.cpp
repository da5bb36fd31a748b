// expect: cohort: the function cannot be called with these arguments
#include <string>

#include "cohort/detail/task_type.hpp"

int main() {
  const auto f = [](std::string text, int times) { return text.size() * static_cast<std::size_t>(times); };
  cohort::detail::task_type<decltype(f), int, int>();
}
