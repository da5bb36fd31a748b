// expect: cohort: a std::span cannot travel between ranks: send a std::vector
#include <span>

#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<std::span<const double>>(); }
