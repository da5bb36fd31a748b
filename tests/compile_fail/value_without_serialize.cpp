// expect: cohort: this type cannot travel between ranks: give it a Boost.Serialization serialize(Archive&, unsigned)
#include <string>

#include "cohort/transferable.hpp"

struct Person {
  std::string name;
};

int main() { cohort::detail::require_transferable<Person>(); }
