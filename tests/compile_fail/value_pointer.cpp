// expect: cohort: a pointer cannot travel between ranks: send the value it points to
#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<int*>(); }
