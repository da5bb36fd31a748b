// expect: cohort: a reference cannot travel between ranks: send the value
#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<int&>(); }
