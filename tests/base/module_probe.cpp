// One of two processes that exchange a code address, for module_table_test; built position-independent and not.
//   module_probe print                      prints identity, code and plain address of a function
//   module_probe plugin PATH                the same of plugin_answer in the library PATH
//   module_probe call IDENTITY CODE         calls what the code stands for and prints what it returns
#include <dlfcn.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "base/module_table.hpp"

namespace {

[[gnu::noinline]] int answer(int x) { return x * 2 + 2; }

int print(const void* address) {
  auto table = cohort::base::ModuleTable::leader();
  const auto code = table.to_code(address);
  std::printf("%s %" PRIu64 " %p\n", table.announced_since(0).at(0).identity.c_str(), code.bits, address);
  return 0;
}

int call(const char* identity, const char* bits) {
  auto table = cohort::base::ModuleTable::worker();
  table.learn(0, {identity, "module_probe"});
  const void* address = table.from_code({std::strtoull(bits, nullptr, 10)});
  std::printf("%d\n", reinterpret_cast<int (*)(int)>(const_cast<void*>(address))(20));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2 && std::strcmp(argv[1], "print") == 0) return print(reinterpret_cast<const void*>(&answer));
  if (argc == 3 && std::strcmp(argv[1], "plugin") == 0) {
    void* library = dlopen(argv[2], RTLD_NOW);
    return library == nullptr ? 3 : print(dlsym(library, "plugin_answer"));
  }
  if (argc == 4 && std::strcmp(argv[1], "call") == 0) return call(argv[2], argv[3]);
  return 2;
} catch (const std::exception& error) {
  std::printf("%s\n", error.what());
  return 1;
}
