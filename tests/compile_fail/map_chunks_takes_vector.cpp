// expect: cohort: the function of map_chunks is given a std::span<const T>
#include <cohort/cohort.hpp>
#include <vector>

void f(const cohort::Collection<int>& all) {
  all.map_chunks([](const std::vector<int>& chunk) { return chunk; });
}
