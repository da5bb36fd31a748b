// expect: cohort: a view cannot travel between ranks: send a std::vector of its elements
#include <ranges>
#include <vector>

#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<std::ranges::ref_view<std::vector<int>>>(); }
