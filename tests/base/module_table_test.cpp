#include "base/module_table.hpp"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cohort/detail/bytes.hpp"
#include "cohort/types.hpp"

// Given by the build: COHORT_TEST_PLUGIN, COHORT_TEST_PLUGIN_WITHOUT_ID, COHORT_TEST_PROBE, COHORT_TEST_PROBE_NO_PIE.

namespace {

using cohort::UsageError;
using cohort::base::difference;
using cohort::base::Module;
using cohort::base::ModuleTable;
using cohort::detail::CodeAddress;
using cohort::detail::DecodeError;

int twice(int x) { return 2 * x; }
const int kStaticObject = 17;

const void* address_of(int (*function)(int)) { return reinterpret_cast<const void*>(function); }
int call(const void* function, int x) { return reinterpret_cast<int (*)(int)>(const_cast<void*>(function))(x); }

/// A library that is unloaded, unless somebody holds on to it.
class Library {
 public:
  explicit Library(const std::string& path) : handle_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    REQUIRE_MESSAGE(handle_ != nullptr, dlerror());
  }
  ~Library() { dlclose(handle_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  const void* answer() const { return dlsym(handle_, "plugin_answer"); }

 private:
  void* handle_;
};

/// A copy of a file under another name, for as long as it lives.
struct CopiedFile {
  explicit CopiedFile(const std::string& original)
      : path(std::filesystem::temp_directory_path() / ("cohort-test-" + std::to_string(getpid()) + "-other-name.so")) {
    std::filesystem::copy_file(original, path, std::filesystem::copy_options::overwrite_existing);
  }
  ~CopiedFile() { std::filesystem::remove(path); }
  CopiedFile(const CopiedFile&) = delete;
  CopiedFile& operator=(const CopiedFile&) = delete;
  std::filesystem::path path;
};

void tell(const ModuleTable& leader, ModuleTable& worker) {
  std::uint32_t number = 0;
  for (const Module& module : leader.announced_since(0)) worker.learn(number++, module);
}

std::string output_of(const std::string& command) {
  std::string text;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  REQUIRE(pipe != nullptr);
  std::array<char, 256> line;
  while (fgets(line.data(), line.size(), pipe.get()) != nullptr) text += line.data();
  return text;
}

}  // namespace

TEST_CASE("a function and a static object come back as they were") {
  auto table = ModuleTable::leader();
  const CodeAddress code = table.to_code(address_of(&twice));
  CHECK((code.bits >> 48) == 1);
  CHECK(call(table.from_code(code), 21) == 42);
  CHECK(table.from_code(table.to_code(&kStaticObject)) == &kStaticObject);
  CHECK(table.size() == 1);
}

TEST_CASE("the null pointer travels as zero") {
  auto table = ModuleTable::leader();
  CHECK(table.to_code(nullptr) == CodeAddress{});
  CHECK(table.from_code({}) == nullptr);
  CHECK(table.size() == 0);
}

TEST_CASE("an address outside the image is a usage error") {
  auto table = ModuleTable::leader();
  const auto on_heap = std::make_unique<int>(1);
  CHECK_THROWS_AS(table.to_code(on_heap.get()), UsageError);
}

TEST_CASE("a worker resolves what the leader has announced") {
  auto leader = ModuleTable::leader();
  auto worker = ModuleTable::worker();
  const CodeAddress code = leader.to_code(address_of(&twice));
  CHECK_THROWS_AS(worker.from_code(code), DecodeError);
  tell(leader, worker);
  CHECK(call(worker.from_code(code), 4) == 8);
}

TEST_CASE("a worker gives no numbers, but uses those it has learnt") {
  auto leader = ModuleTable::leader();
  auto worker = ModuleTable::worker();
  CHECK_THROWS_AS(worker.to_code(address_of(&twice)), UsageError);
  const CodeAddress code = leader.to_code(address_of(&twice));
  tell(leader, worker);
  CHECK(worker.to_code(address_of(&twice)) == code);
}

TEST_CASE("numbers are given in the order of first use, and announced once asked for") {
  auto leader = ModuleTable::leader();
  leader.to_code(address_of(&twice));
  const Library plugin(COHORT_TEST_PLUGIN);
  leader.to_code(plugin.answer());
  leader.to_code(address_of(&twice));
  REQUIRE(leader.size() == 2);
  const auto news = leader.announced_since(1);
  REQUIRE(news.size() == 1);
  CHECK(news[0].name == COHORT_TEST_PLUGIN);
  CHECK(leader.announced_since(2).empty());
}

TEST_CASE("a system library is announced at its first use, not compared") {
  auto table = ModuleTable::leader();
  const void* in_libc = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
  table.from_code(table.to_code(in_libc));
  const auto announced = table.announced_since(0);
  REQUIRE(announced.size() == 1);
  CHECK(announced[0].name.find("libc") != std::string::npos);
  for (const Module& module : table.comparable()) CHECK(module.identity != announced[0].identity);
}

TEST_CASE("the program itself is compared") {
  const auto modules = ModuleTable::worker().comparable();
  const std::string me = std::filesystem::read_symlink("/proc/self/exe");
  CHECK(std::ranges::find(modules, me, &Module::name) != modules.end());
  CHECK(std::ranges::is_sorted(modules, {}, &Module::identity));
}

TEST_CASE("a library that is not loaded is named in the error, and found once it is") {
  // Loaded, looked at and unloaded again by a process of its own, so that it is not yet loaded in this one.
  const CopiedFile copy(COHORT_TEST_PLUGIN_WITHOUT_ID);
  std::string identity, bits;
  std::istringstream(output_of("'" COHORT_TEST_PROBE "' plugin '" + copy.path.string() + "'")) >> identity >> bits;
  REQUIRE(!bits.empty());
  auto worker = ModuleTable::worker();
  worker.learn(0, {identity, "/some/where/libplugin.so"});
  const CodeAddress code{std::stoull(bits)};
  CHECK_THROWS_WITH_AS(worker.from_code(code), doctest::Contains("/some/where/libplugin.so"), DecodeError);
  CHECK_THROWS_WITH_AS(worker.from_code(code), doctest::Contains("every rank must load it"), DecodeError);
  const Library plugin(COHORT_TEST_PLUGIN_WITHOUT_ID);
  CHECK(call(worker.from_code(code), 7) == 42);
}

TEST_CASE("a module is known by what it is, not by its path") {
  for (const std::string file : {COHORT_TEST_PLUGIN, COHORT_TEST_PLUGIN_WITHOUT_ID}) {
    CAPTURE(file);
    auto leader = ModuleTable::leader();
    auto worker = ModuleTable::worker();
    CodeAddress code;
    {
      const CopiedFile copy(file);
      const Library plugin(copy.path);
      code = leader.to_code(plugin.answer());
    }
    tell(leader, worker);
    const Library plugin(file);
    CHECK(call(worker.from_code(code), 7) == 42);
  }
}

TEST_CASE("a library without a build id is known by its content") {
  auto table = ModuleTable::leader();
  const Library plugin(COHORT_TEST_PLUGIN_WITHOUT_ID);
  table.to_code(plugin.answer());
  CHECK(table.announced_since(0).at(0).identity.starts_with("content-"));
}

TEST_CASE("a library whose function was submitted stays loaded") {
  auto table = ModuleTable::leader();
  CodeAddress code;
  {
    const Library plugin(COHORT_TEST_PLUGIN);
    code = table.to_code(plugin.answer());
  }
  CHECK(call(table.from_code(code), 7) == 42);
}

TEST_CASE("an offset outside the module, and a number nobody gave, are decode errors") {
  auto table = ModuleTable::leader();
  const CodeAddress code = table.to_code(address_of(&twice));
  CHECK_THROWS_AS(table.from_code({code.bits | 0xffff'ffff'ffffULL}), DecodeError);
  CHECK_THROWS_AS(table.from_code({code.bits + (std::uint64_t{1} << 48)}), DecodeError);
  CHECK_THROWS_AS(table.from_code({0x1234}), DecodeError);
  CHECK_THROWS_AS(table.learn(70'000, {"x", "x"}), DecodeError);
}

TEST_CASE("several threads may use a module for the first time at once") {
  auto table = ModuleTable::leader();
  const Library plugin(COHORT_TEST_PLUGIN);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          for (const void* address : {address_of(&twice), plugin.answer()}) {
            if (table.from_code(table.to_code(address)) != address) ++wrong;
          }
        }
      });
    }
  }
  CHECK(wrong == 0);
  CHECK(table.size() == 2);
}

TEST_CASE("a code address means the same function in another process") {
  for (const std::string probe : {COHORT_TEST_PROBE, COHORT_TEST_PROBE_NO_PIE}) {
    CAPTURE(probe);
    std::istringstream printed(output_of("'" + probe + "' print"));
    std::string identity, bits, address;
    printed >> identity >> bits >> address;
    REQUIRE(!bits.empty());
    CHECK(output_of("'" + probe + "' call " + identity + " " + bits) == "42\n");
  }
}

TEST_CASE("another build of the program is told apart, in one sentence") {
  std::string identity, bits;
  std::istringstream(output_of("'" COHORT_TEST_PROBE "' print")) >> identity >> bits;
  const std::string said = output_of("'" COHORT_TEST_PROBE_NO_PIE "' call " + identity + " " + bits);
  CHECK(said.find("is not loaded on this rank") != std::string::npos);
}

TEST_CASE("ranks with the same modules do not differ, wherever those lie") {
  CHECK(!difference({{"a1", "/x/app"}, {"b2", "/x/lib.so"}}, {{"a1", "/y/app"}, {"b2", "/y/lib.so"}},
                    "rank 3 on host x"));
}

TEST_CASE("a difference names the module, the rank and the mend") {
  const std::vector<Module> mine = {{"a1", "/x/app"}, {"b2", "/x/lib.so"}};
  const auto other_build = difference(mine, {{"a9", "/y/app"}, {"b2", "/x/lib.so"}}, "rank 3 on host x");
  REQUIRE(other_build);
  CHECK(*other_build ==
        "rank 3 on host x runs another build of app (/y/app, a9) than rank 0 (/x/app, a1); build once and start the "
        "same binary on all ranks");
  const auto missing = difference(mine, {{"a1", "/x/app"}}, "rank 3 on host x");
  REQUIRE(missing);
  CHECK(missing->starts_with("rank 3 on host x has not loaded /x/lib.so (b2), which rank 0 has; build once"));
  const auto more = difference({{"a1", "/x/app"}}, mine, "rank 3 on host x");
  REQUIRE(more);
  CHECK(more->starts_with("rank 3 on host x has loaded /x/lib.so (b2), which rank 0 has not; build once"));
}
