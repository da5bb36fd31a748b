// expect: what is submitted must be a function, a pointer to a member, a lambda or a function object
#include "cohort/detail/task_type.hpp"

int main() { cohort::detail::task_type<int, int>(); }
