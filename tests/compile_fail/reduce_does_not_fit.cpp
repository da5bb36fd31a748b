// expect: cohort: the operation of reduce is given two elements and must return one
#include <cohort/cohort.hpp>
#include <string>

void f(const cohort::Collection<std::string>& all) {
  all.reduce([](int a, int b) { return a + b; });
}
