// expect: cohort: a function that is mapped must return something
#include <cohort/cohort.hpp>
#include <vector>

void f(cohort::Client& client) {
  client.map([](int) {}, std::vector<int>{1});
}
