#include <cohort/cohort.hpp>
#include <iostream>

int square(int x) { return x * x; }

int main() {
  cohort::Client client = cohort::local({.threads = 2});
  std::cout << client.submit(square, 7).result() << '\n';
}
