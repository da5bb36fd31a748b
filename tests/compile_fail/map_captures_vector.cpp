// expect: cohort: this lambda or function object cannot travel to another rank: it captures something
#include <cohort/cohort.hpp>
#include <vector>

void f(cohort::Client& client) {
  const std::vector<int> table{1, 2};
  client.map([table](int i) { return table[static_cast<std::size_t>(i)]; }, std::vector<int>{1});
}
