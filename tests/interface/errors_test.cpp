// What result() throws.
#include <doctest/doctest.h>

#include <any>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <memory>
#include <new>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>
#include <variant>
#include <vector>

#include "interface/shared_client.hpp"

namespace cohort::test {

/// A user's own errors.
struct OwnRange : std::out_of_range {
  using std::out_of_range::out_of_range;
  int extra = 3;
};
struct FurtherOwnRange : OwnRange {
  using OwnRange::OwnRange;
};
struct OwnException : std::exception {
  const char* what() const noexcept override { return "own what"; }
};
struct OwnAny : std::bad_any_cast {
  const char* what() const noexcept override { return "own any"; }
};

namespace {

/// The task throws E(args...); result() throws an E that is a TaskError and a std::exception, with that text.
template <class E, class... Args>
void check_arrives(const Args&... args) {
  const auto thrower = [](const Args&... inner) -> int { throw E(inner...); };
  const std::string text = E(args...).what();
  const auto failed = client().submit(TaskOptions{.label = "labelled"}, thrower, args...);
  CAPTURE(text);
  CHECK_THROWS_AS(failed.result(), E);
  CHECK_THROWS_AS(failed.result(), TaskError);
  CHECK_THROWS_WITH_AS(failed.result(), text.c_str(), std::exception);
  try {
    failed.result();
  } catch (const TaskError& error) {
    CHECK(error.message == text);
    CHECK(error.label == "labelled");
  }
}

TEST_CASE("standard errors arrive as what they are") {
  const std::string text = "the original text\n  in two lines";
  check_arrives<std::runtime_error>(text);
  check_arrives<std::range_error>(text);
  check_arrives<std::overflow_error>(text);
  check_arrives<std::underflow_error>(text);
  check_arrives<std::logic_error>(text);
  check_arrives<std::invalid_argument>(text);
  check_arrives<std::domain_error>(text);
  check_arrives<std::length_error>(text);
  check_arrives<std::out_of_range>(text);
  check_arrives<std::bad_alloc>();
  check_arrives<std::bad_array_new_length>();
  check_arrives<std::bad_cast>();
  check_arrives<std::bad_typeid>();
  check_arrives<std::bad_exception>();
  check_arrives<std::bad_function_call>();
  check_arrives<std::bad_optional_access>();
  check_arrives<std::bad_variant_access>();
  check_arrives<std::bad_any_cast>();
  check_arrives<std::bad_weak_ptr>();
  check_arrives<std::exception>();
}

TEST_CASE("standard errors that the library throws by itself arrive") {
  CHECK_THROWS_AS(client().submit([] { return std::vector<int>{}.at(3); }).result(), std::out_of_range);
  CHECK_THROWS_AS(client().submit([] { return std::stoi("no number"); }).result(), std::invalid_argument);
  CHECK_THROWS_AS(client().submit([] { return std::regex("(").mark_count(); }).result(), std::regex_error);
  CHECK_THROWS_AS(client().submit([] { std::promise<int>().set_value(1), std::future<int>().get(); }).result(),
                  std::future_error);
}

TEST_CASE("errors with a code keep it") {
  const auto no_entry = [] { throw std::system_error(ENOENT, std::generic_category(), "opening"); };
  const auto system = client().submit(no_entry);
  try {
    system.result();
    FAIL("it throws");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::no_such_file_or_directory);
    CHECK(error.code().category() == std::generic_category());
    CHECK(std::string(error.what()) == std::system_error(ENOENT, std::generic_category(), "opening").what());
  }
  const auto files = client().submit([] { return std::filesystem::file_size("/not/there"); });
  try {
    files.result();
    FAIL("it throws");
  } catch (const std::filesystem::filesystem_error& error) {
    CHECK(error.code() == std::errc::no_such_file_or_directory);
    CHECK(error.path1() == "/not/there");
  }
  CHECK_THROWS_AS(files.result(), std::system_error);
  const auto stream = client().submit([] { throw std::ios_base::failure("reading", std::io_errc::stream); });
  CHECK_THROWS_AS(stream.result(), std::ios_base::failure);
}

TEST_CASE("a user's own class arrives as its nearest standard base") {
  const auto own = client().submit([]() -> int { throw OwnRange("own text"); });
  CHECK_THROWS_WITH_AS(own.result(), "own text", std::out_of_range);
  try {
    own.result();
  } catch (const TaskError& error) {
    CHECK(error.type_name == "cohort::test::OwnRange");
    CHECK(error.message == "own text");
  }
  CHECK_THROWS_AS(client().submit([]() -> int { throw FurtherOwnRange("further"); }).result(), std::out_of_range);
  CHECK_THROWS_WITH_AS(client().submit([]() -> int { throw OwnException(); }).result(), "own what", std::exception);
  CHECK_THROWS_WITH_AS(client().submit([]() -> int { throw OwnAny(); }).result(), "own any", std::bad_any_cast);
}

TEST_CASE("what is no std::exception arrives as std::runtime_error") {
  CHECK_THROWS_AS(client().submit([]() -> int { throw 42; }).result(), std::runtime_error);
  CHECK_THROWS_AS(client().submit([]() -> int { throw "a literal"; }).result(), std::runtime_error);
  const auto text = client().submit([]() -> int { throw std::string("a text of its own"); });
  CHECK_THROWS_AS(text.result(), std::runtime_error);
  try {
    text.result();
  } catch (const TaskError& error) {
    CHECK(error.type_name == "std::string");
    CHECK(error.message.find("a text of its own") != std::string::npos);
  }
}

TEST_CASE("TaskError says which task failed, where, and at which attempt") {
  const int rank = worker_ranks().back();
  const auto failed = client().submit(TaskOptions{.label = "named", .retries = 2, .rank = rank}, fail, "no 7");
  try {
    failed.result();
    FAIL("it throws");
  } catch (const TaskError& error) {
    CHECK(error.label == "named");
    CHECK(error.rank == rank);
    CHECK_FALSE(error.host.empty());
    CHECK(error.attempt == 2);
    CHECK(error.type_name == "std::out_of_range");
    CHECK(error.message == "no 7");
    CHECK_FALSE(error.element.has_value());
  }
}

TEST_CASE("a task that needs a failed one fails with the same, original error") {
  const int rank = worker_ranks().front();
  const auto failed = client().submit(TaskOptions{.label = "the first", .rank = rank}, fail, "original");
  const auto child = client().submit(TaskOptions{.label = "child"}, square, failed);
  const auto other = client().submit(square, 2);
  const auto grandchild = client().submit(TaskOptions{.label = "grandchild"}, add, other, child);
  const auto by_vector =
      client().submit([](const std::vector<int>& xs) { return xs.size(); }, std::vector{other, failed});
  CHECK(failed.exception() != nullptr);
  const auto late = failed.then(square);
  for (const Future<int>& task : {child, grandchild, late}) {
    CHECK_THROWS_WITH_AS(task.result(), "original", std::out_of_range);
    try {
      task.result();
    } catch (const TaskError& error) {
      CHECK(error.label == "the first");
      CHECK(error.rank == rank);
    }
    CHECK(task.status() == Status::failed);
  }
  CHECK_THROWS_WITH_AS(by_vector.result(), "original", std::out_of_range);
  CHECK(other.result() == 4);
}

// The exit code of the program shows it: nobody looks at `failed` itself.
TEST_CASE("looking at what failed because of a task is looking at that task") {
  const auto child = client().submit(fail, "seen through its child").then(square);
  CHECK(child.exception() != nullptr);
}

TEST_CASE("one failure leaves the rest alone") {
  std::vector<Future<int>> tasks;
  for (int i = 0; i < 200; ++i) {
    tasks.push_back(client().submit([](int x) { return x % 10 == 3 ? throw std::domain_error("three") : x; }, i));
  }
  int good = 0, failed = 0;
  for (const auto& task : tasks) ++(task.exception() ? failed : good);
  CHECK(good == 180);
  CHECK(failed == 20);
}

/// Cannot be written, or cannot be read.
struct Unwritable {
  template <class Archive>
  void serialize(Archive&, unsigned) {
    if (Archive::is_saving::value) throw std::domain_error("cannot be written");
  }
};
struct Unreadable {
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    std::vector<double> much(large ? 10'000 : 0);
    archive& large& much;
    if (Archive::is_loading::value) throw std::domain_error("cannot be read");
  }
  bool large = false;
};
/// Large enough not to travel with the task's end, and broken only behind that.
struct LargeUnwritable {
  std::vector<double> much = std::vector<double>(10'000);
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& much;
    if (Archive::is_saving::value) throw std::domain_error("cannot be written");
  }
};

TEST_CASE("a result that cannot be written fails its task, and nothing else") {
  const auto beside = client().submit(square, 3);
  CHECK_THROWS_WITH_AS(client().submit([] { return Unwritable(); }).result(), "cannot be written", std::domain_error);
  const auto large = client().submit([] { return LargeUnwritable(); });
  CHECK_THROWS_WITH_AS(large.result(), "cannot be written", std::domain_error);
  CHECK(beside.result() == 9);
  CHECK(client().submit(square, 4).result() == 16);
}

TEST_CASE("an argument that cannot be written or read fails its task, and nothing else") {
  const auto take = [](const auto&) { return 1; };
  const auto unwritten = client().submit(TaskOptions{.label = "writes"}, take, Unwritable());
  const auto dependent = unwritten.then(square);
  CHECK(unwritten.status() == Status::failed);
  CHECK_THROWS_WITH_AS(unwritten.result(), "cannot be written", std::domain_error);
  CHECK_THROWS_WITH_AS(dependent.result(), "cannot be written", std::domain_error);
  try {
    dependent.result();
  } catch (const TaskError& error) {
    CHECK(error.label == "writes");
    CHECK(error.rank == 0);
  }
  CHECK_THROWS_WITH_AS(client().submit(take, Unreadable()).result(), "cannot be read", std::domain_error);
  CHECK(client().submit(square, 4).result() == 16);
}

struct UnwritableFunction : Unwritable {
  int operator()() const { return 1; }
};

TEST_CASE("a function object that cannot be written fails the call, and nothing else") {
  CHECK_THROWS_WITH_AS(client().submit(UnwritableFunction()).result(), "cannot be written", std::domain_error);
  CHECK_THROWS_WITH_AS(client().run_on_all(UnwritableFunction()), "cannot be written", std::domain_error);
  CHECK(client().submit(square, 4).result() == 16);
}

TEST_CASE("a value that cannot be read elsewhere fails what needs it there, and nothing else") {
  const auto [first, second] = two_ranks();
  for (const bool large : {false, true}) {
    CAPTURE(large);
    const auto made = client().submit(
        TaskOptions{.rank = first}, [](bool is_large) { return Unreadable{is_large}; }, large);
    const auto here = client().submit(
        TaskOptions{.rank = first}, [](const Unreadable&) { return 1; }, made);
    const auto there = client().submit(
        TaskOptions{.rank = second}, [](const Unreadable&) { return 1; }, made);
    CHECK(here.result() == 1);
    if (first != second) CHECK_THROWS_WITH_AS(there.result(), "cannot be read", std::domain_error);
    CHECK(made.status() == Status::finished);
    CHECK(client().submit(TaskOptions{.rank = second}, square, 4).result() == 16);
  }
}

}  // namespace
}  // namespace cohort::test
