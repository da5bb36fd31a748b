// expect: Types<const double
#include <memory>

#include "cohort/detail/task_type.hpp"

int main() { cohort::detail::task_type<int (*)(int), cohort::Future<const double*>>(); }
