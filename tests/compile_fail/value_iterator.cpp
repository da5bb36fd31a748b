// expect: cohort: an iterator cannot travel between ranks: send the elements, or an index
#include <vector>

#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<std::vector<int>::iterator>(); }
