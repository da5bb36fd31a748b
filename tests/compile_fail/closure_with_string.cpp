// expect: Do not capture it, pass it as an argument instead
#include <string>

#include "cohort/detail/task_type.hpp"

int main() {
  const auto f = [text = std::string("captured")](int i) { return text[static_cast<std::size_t>(i)]; };
  cohort::detail::task_type<decltype(f), int>();
}
