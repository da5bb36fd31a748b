// Compiles: shows that the other cases fail for what they say, and not for a wrong flag.
#include <cohort/types.hpp>

int main() { return cohort::TaskOptions{}.priority; }
