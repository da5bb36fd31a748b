// expect: cohort: a std::string_view cannot travel between ranks: send a std::string
#include <string_view>
#include <vector>

#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<std::vector<std::string_view>>(); }
