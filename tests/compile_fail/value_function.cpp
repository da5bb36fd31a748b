// expect: cohort: this type cannot travel between ranks: give it a Boost.Serialization serialize(Archive&, unsigned)
#include <functional>

#include "cohort/transferable.hpp"

int main() { cohort::detail::require_transferable<std::function<int()>>(); }
