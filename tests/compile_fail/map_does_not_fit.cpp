// expect: cohort: the function cannot be called with an element of the range. It is given a const T&
#include <cohort/cohort.hpp>
#include <string>
#include <vector>

void f(cohort::Client& client) {
  client.map([](std::string& text) { return text.size(); }, std::vector<std::string>{"a"});
}
