#include "wire/error_codec.hpp"

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
#include <string>
#include <system_error>
#include <typeinfo>
#include <variant>

namespace {

using cohort::TaskError;
using cohort::wire::Failure;
using Kind = cohort::wire::Failure::Kind;

template <class E>
Failure describe(const E& error) {
  return cohort::wire::describe(std::make_exception_ptr(error));
}

/// Sent away and rebuilt, then caught as `E`; fails if it is not an `E`.
template <class E, class Check>
void caught_as(const Failure& failure, Check check) {
  bool caught = false;
  try {
    std::rethrow_exception(cohort::wire::rebuild(failure));
  } catch (const E& error) {
    caught = true;
    check(error);
  } catch (...) {
  }
  CHECK(caught);
}

/// What must hold for every exception that derives from a standard type: the kind, and all three ways to catch it.
template <class E>
void travels(const E& error, Kind kind, const std::string& type_name) {
  CAPTURE(type_name);
  const std::string text = error.what();
  const Failure failure = describe(error);
  CHECK(failure.kind == kind);
  CHECK(failure.type_name == type_name);
  CHECK(failure.message == text);
  caught_as<E>(failure, [&](const E& e) { CHECK(e.what() == text); });
  caught_as<std::exception>(failure, [&](const std::exception& e) { CHECK(e.what() == text); });
  caught_as<TaskError>(failure, [&](const TaskError& e) {
    CHECK(e.message == text);
    CHECK(e.type_name == type_name);
  });
}

struct TooHot : std::range_error {
  using std::range_error::range_error;
};
struct Plain : std::exception {
  const char* what() const noexcept override { return "plain"; }
};
struct Silent : std::exception {
  const char* what() const noexcept override { return nullptr; }
};
struct BothWays : std::out_of_range, std::runtime_error {
  BothWays() : std::out_of_range("as out_of_range"), std::runtime_error("as runtime_error") {}
};
struct Unrelated {};

class CurlCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "curl"; }
  std::string message(int) const override { return "could not connect"; }
};

}  // namespace

TEST_CASE("every standard exception arrives as its own type, with its own text") {
  travels(std::runtime_error("m"), Kind::runtime_error, "std::runtime_error");
  travels(std::range_error("m"), Kind::range_error, "std::range_error");
  travels(std::overflow_error("m"), Kind::overflow_error, "std::overflow_error");
  travels(std::underflow_error("m"), Kind::underflow_error, "std::underflow_error");
  travels(std::system_error(make_error_code(std::errc::timed_out), "m"), Kind::system_error, "std::system_error");
  travels(std::filesystem::filesystem_error("m", make_error_code(std::errc::is_a_directory)), Kind::filesystem_error,
          "std::filesystem::filesystem_error");
  travels(std::ios_base::failure("m"), Kind::ios_failure, "std::ios_base::failure");
  travels(std::regex_error(std::regex_constants::error_brack), Kind::regex_error, "std::regex_error");
  travels(std::logic_error("m"), Kind::logic_error, "std::logic_error");
  travels(std::invalid_argument("m"), Kind::invalid_argument, "std::invalid_argument");
  travels(std::domain_error("m"), Kind::domain_error, "std::domain_error");
  travels(std::length_error("m"), Kind::length_error, "std::length_error");
  travels(std::out_of_range("m"), Kind::out_of_range, "std::out_of_range");
  travels(std::future_error(std::future_errc::broken_promise), Kind::future_error, "std::future_error");
  travels(std::bad_alloc(), Kind::bad_alloc, "std::bad_alloc");
  travels(std::bad_array_new_length(), Kind::bad_array_new_length, "std::bad_array_new_length");
  travels(std::bad_cast(), Kind::bad_cast, "std::bad_cast");
  travels(std::bad_any_cast(), Kind::bad_any_cast, "std::bad_any_cast");
  travels(std::bad_typeid(), Kind::bad_typeid, "std::bad_typeid");
  travels(std::bad_exception(), Kind::bad_exception, "std::bad_exception");
  travels(std::bad_function_call(), Kind::bad_function_call, "std::bad_function_call");
  travels(std::bad_optional_access(), Kind::bad_optional_access, "std::bad_optional_access");
  travels(std::bad_variant_access(), Kind::bad_variant_access, "std::bad_variant_access");
  travels(std::bad_weak_ptr(), Kind::bad_weak_ptr, "std::bad_weak_ptr");
  travels(std::exception(), Kind::exception, "std::exception");
  travels(cohort::UsageError("m"), Kind::usage_error, "cohort::UsageError");
}

TEST_CASE("Cohort's own task failures are exactly their classes, and runtime errors") {
  const auto exact = [](Kind kind, const std::type_info& type) {
    Failure failure;
    failure.kind = kind;
    failure.message = "gone";
    caught_as<std::runtime_error>(failure, [&](const std::runtime_error& e) {
      CHECK(typeid(e) == type);
      CHECK(std::string(e.what()) == "gone");
    });
    caught_as<TaskError>(failure, [](const TaskError& e) { CHECK(e.message == "gone"); });
  };
  exact(Kind::task_cancelled, typeid(cohort::TaskCancelled));
  exact(Kind::task_timed_out, typeid(cohort::TaskTimedOut));
  exact(Kind::task_crashed, typeid(cohort::TaskCrashed));
  exact(Kind::worker_lost, typeid(cohort::WorkerLost));
}

TEST_CASE("a class of the program's own arrives as its nearest standard base, under its own name") {
  const Failure failure = describe(TooHot("1000 K"));
  CHECK(failure.kind == Kind::range_error);
  CHECK(failure.type_name == "(anonymous namespace)::TooHot");
  caught_as<std::range_error>(failure, [](const std::range_error& e) { CHECK(std::string(e.what()) == "1000 K"); });

  CHECK(describe(Plain()).kind == Kind::exception);
  CHECK(describe(Plain()).message == "plain");
}

TEST_CASE("an empty what() stays empty, and a null one is no crash") {
  CHECK(describe(std::runtime_error("")).message.empty());
  CHECK(describe(Silent()).message.empty());
}

TEST_CASE("a class that derives from std::exception twice is still described") {
  const Failure failure = describe(BothWays());
  CHECK(failure.type_name == "(anonymous namespace)::BothWays");
  CHECK(failure.message == "as out_of_range");
  CHECK(failure.kind == Kind::runtime_error);
}

TEST_CASE("what is no exception is a runtime error that says so") {
  Failure failure = describe(42);
  CHECK(failure.kind == Kind::runtime_error);
  CHECK(failure.type_name == "int");
  CHECK(failure.message == "something that is no std::exception was thrown: int");
  caught_as<std::runtime_error>(failure, [&](const std::runtime_error& e) { CHECK(e.what() == failure.message); });

  failure = describe(std::string("out of paper"));
  CHECK(failure.type_name == "std::string");
  CHECK(failure.message == "something that is no std::exception was thrown: out of paper");
  const char* text = "out of ink";
  CHECK(describe(text).message == "something that is no std::exception was thrown: out of ink");
  CHECK(describe(Unrelated()).type_name == "(anonymous namespace)::Unrelated");
}

TEST_CASE("codes keep their value and category") {
  const auto failure = describe(std::system_error(ENOSPC, std::system_category(), "saving"));
  caught_as<std::system_error>(failure, [](const std::system_error& e) {
    CHECK(e.code() == std::error_code(ENOSPC, std::system_category()));
    CHECK(e.code() == std::errc::no_space_on_device);
  });
  caught_as<std::ios_base::failure>(describe(std::ios_base::failure("m", std::io_errc::stream)),
                                    [](const auto& e) { CHECK(e.code() == std::io_errc::stream); });
  caught_as<std::future_error>(describe(std::future_error(std::future_errc::no_state)),
                               [](const auto& e) { CHECK(e.code() == std::future_errc::no_state); });
  caught_as<std::regex_error>(describe(std::regex_error(std::regex_constants::error_paren)),
                              [](const auto& e) { CHECK(e.code() == std::regex_constants::error_paren); });
}

TEST_CASE("a code of a category of the program's own keeps its value and the category's name") {
  const CurlCategory curl;
  const auto failure = describe(std::system_error(7, curl, "fetching"));
  std::error_code first;
  caught_as<std::system_error>(failure, [&](const std::system_error& e) {
    CHECK(e.code().value() == 7);
    CHECK(std::string(e.code().category().name()) == "curl");
    CHECK(std::string(e.what()) == "fetching: could not connect");
    first = e.code();
  });
  caught_as<std::system_error>(failure, [&](const std::system_error& e) { CHECK(e.code() == first); });
}

TEST_CASE("a filesystem error keeps its paths and its code") {
  const std::filesystem::filesystem_error error("copying", "/from/here", "/to/there",
                                                make_error_code(std::errc::permission_denied));
  caught_as<std::filesystem::filesystem_error>(describe(error), [&](const std::filesystem::filesystem_error& e) {
    CHECK(e.path1() == error.path1());
    CHECK(e.path2() == error.path2());
    CHECK(e.code() == std::errc::permission_denied);
    CHECK(std::string(e.what()) == error.what());
  });
}

TEST_CASE("the rebuilt error says which task failed, and where") {
  Failure failure = describe(std::out_of_range("index 9"));
  failure.label = "row";
  failure.host = "n7";
  failure.rank = 3;
  failure.attempt = 2;
  failure.element = 41;
  caught_as<TaskError>(failure, [](const TaskError& e) {
    CHECK(e.label == "row");
    CHECK(e.host == "n7");
    CHECK(e.rank == 3);
    CHECK(e.attempt == 2);
    CHECK(e.element == 41);
    CHECK(e.type_name == "std::out_of_range");
    CHECK(e.message == "index 9");
  });
}

TEST_CASE("an error that has travelled once travels again unchanged") {
  for (const Kind kind : {Kind::task_crashed, Kind::out_of_range, Kind::bad_alloc, Kind::filesystem_error}) {
    Failure failure;
    failure.kind = kind;
    failure.type_name = "user::Error";
    failure.message = "text";
    failure.label = "inner";
    failure.host = "n2";
    failure.rank = 2;
    failure.attempt = 1;
    failure.element = 5;
    if (kind == Kind::filesystem_error) {
      failure.code = 2;
      failure.category = "generic";
      failure.path1 = "/a";
    }
    CHECK(cohort::wire::describe(cohort::wire::rebuild(failure)) == failure);
  }
}

TEST_CASE("a failure that nobody looked at is explained in one line") {
  Failure failure = describe(std::out_of_range("no such row"));
  CHECK(cohort::wire::explain(failure) == "a task failed, attempt 0: std::out_of_range: no such row");
  failure.label = "rows";
  failure.rank = 3;
  failure.host = "n7";
  CHECK(cohort::wire::explain(failure) ==
        "task 'rows' failed on rank 3 (host n7), attempt 0: std::out_of_range: no such row");
  failure.element = 12;
  failure.message = "first\r\nsecond";
  CHECK(cohort::wire::explain(failure) ==
        "task 'rows' failed on rank 3 (host n7), attempt 0, element 12: std::out_of_range: first\\nsecond");
  Failure bare;
  bare.kind = Kind::worker_lost;
  CHECK(cohort::wire::explain(bare) == "a task failed, attempt 0: cohort::WorkerLost");
}
