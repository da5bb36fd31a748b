// expect: cohort: a std::reference_wrapper cannot travel between ranks: send the value
#include <functional>

#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<std::reference_wrapper<int>>(); }
