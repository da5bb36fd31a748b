// expect: cohort: a std::initializer_list cannot travel between ranks: send a std::vector
#include <initializer_list>

#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<std::initializer_list<int>>(); }
