// expect: cohort: an abstract class cannot travel by value: send a std::unique_ptr to it
#include "cohort/transferable.hpp"

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

int main() { cohort::detail::require_transferable<Shape>(); }
