// expect: cohort: a pointer cannot travel between ranks: send the value it points to
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "cohort/transferable.hpp"

int main() {
  cohort::detail::require_transferable<std::map<std::string, std::optional<std::pair<int, const char*>>>>();
}
