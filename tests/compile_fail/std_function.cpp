// expect: cohort: a std::function cannot travel to another rank
#include <functional>

#include "cohort/detail/task_type.hpp"

int main() { cohort::detail::task_type<std::function<int(int)>, int>(); }
