// The public interface, every name of it: in local mode, or at any number of ranks. The cases of the suite
// "threads", and the files that are not named in CMakeLists.txt for it, need ranks that do two things at a time: not
// one thread alone.
#define DOCTEST_CONFIG_IMPLEMENT
#include "interface/main.hpp"

#include <doctest/doctest.h>

#include "cohort/cohort.hpp"

int main(int argc, char** argv) {
  return cohort::run(argc, argv, [&](cohort::Client& client) {
    const cohort::test::UseClient use(client);
    return doctest::Context(argc, argv).run();
  });
}
