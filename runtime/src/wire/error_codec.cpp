#include "wire/error_codec.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <any>
#include <concepts>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <variant>

namespace cohort::wire {
namespace {

/// Stands in for a category of the program's own, which cannot be found by its name.
class NamedCategory final : public std::error_category {
 public:
  explicit NamedCategory(std::string name) : name_(std::move(name)) {}
  const char* name() const noexcept override { return name_.c_str(); }
  std::string message(int code) const override { return name_ + " error " + std::to_string(code); }

 private:
  std::string name_;
};

const std::error_category& category_named(const std::string& name) {
  for (const std::error_category* known :
       {&std::generic_category(), &std::system_category(), &std::iostream_category(), &std::future_category()}) {
    if (name == known->name()) return *known;
  }
  // Categories are compared by address and outlive every code, so these stay for as long as the process.
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<NamedCategory>> others;
  std::lock_guard lock(mutex);
  std::unique_ptr<NamedCategory>& category = others[name];
  if (!category) category = std::make_unique<NamedCategory>(name);
  return *category;
}

/// The part of a rebuilt exception that is of the standard type `Base`.
template <class Base>
Base make_base(const Failure& failure) {
  const auto code = [&] { return std::error_code(failure.code, category_named(failure.category)); };
  if constexpr (std::same_as<Base, std::filesystem::filesystem_error>) {
    return Base(failure.message, failure.path1, failure.path2, code());
  } else if constexpr (std::same_as<Base, std::ios_base::failure>) {
    return Base(failure.message, code());
  } else if constexpr (std::same_as<Base, std::system_error>) {
    return Base(code(), failure.message);
  } else if constexpr (std::same_as<Base, std::future_error>) {
    return Base(static_cast<std::future_errc>(failure.code));
  } else if constexpr (std::same_as<Base, std::regex_error>) {
    return Base(static_cast<std::regex_constants::error_type>(failure.code));
  } else if constexpr (std::constructible_from<Base, const std::string&>) {
    return Base(failure.message);
  } else {
    return Base();
  }
}

/// What result() throws for a standard exception.
template <class Base>
class Rebuilt final : public Base, public TaskError {
 public:
  explicit Rebuilt(const Failure& from) : Base(make_base<Base>(from)) {}
  const char* what() const noexcept override { return message.c_str(); }
};

void fill(TaskError& error, const Failure& failure) {
  error.label = failure.label;
  error.rank = failure.rank;
  error.host = failure.host;
  error.attempt = failure.attempt;
  error.type_name = failure.type_name;
  error.message = failure.message;
  if (failure.element) error.element = static_cast<std::size_t>(*failure.element);
}

template <class E>
std::exception_ptr make(const Failure& failure) {
  if constexpr (std::derived_from<E, TaskError>) {
    E error(failure.message);
    fill(error, failure);
    return std::make_exception_ptr(error);
  } else {
    Rebuilt<E> error(failure);
    fill(error, failure);
    return std::make_exception_ptr(error);
  }
}

template <class E>
bool is_a(const std::exception& error) {
  if constexpr (std::same_as<E, std::exception>) {
    return true;
  } else {
    return dynamic_cast<const E*>(&error) != nullptr;
  }
}

struct KindRow {
  Failure::Kind kind;
  std::string_view name;
  bool (*matches)(const std::exception&);
  std::exception_ptr (*make)(const Failure&);
};

template <class E>
constexpr KindRow row(Failure::Kind kind, std::string_view name) {
  return {kind, name, &is_a<E>, &make<E>};
}

using Kind = Failure::Kind;

/// A type stands before its bases, so that the first row that matches is the nearest.
constexpr KindRow kRows[] = {
    row<TaskCancelled>(Kind::task_cancelled, "cohort::TaskCancelled"),
    row<TaskTimedOut>(Kind::task_timed_out, "cohort::TaskTimedOut"),
    row<TaskCrashed>(Kind::task_crashed, "cohort::TaskCrashed"),
    row<WorkerLost>(Kind::worker_lost, "cohort::WorkerLost"),
    row<UsageError>(Kind::usage_error, "cohort::UsageError"),
    row<std::filesystem::filesystem_error>(Kind::filesystem_error, "std::filesystem::filesystem_error"),
    row<std::ios_base::failure>(Kind::ios_failure, "std::ios_base::failure"),
    row<std::system_error>(Kind::system_error, "std::system_error"),
    row<std::regex_error>(Kind::regex_error, "std::regex_error"),
    row<std::range_error>(Kind::range_error, "std::range_error"),
    row<std::overflow_error>(Kind::overflow_error, "std::overflow_error"),
    row<std::underflow_error>(Kind::underflow_error, "std::underflow_error"),
    row<std::runtime_error>(Kind::runtime_error, "std::runtime_error"),
    row<std::invalid_argument>(Kind::invalid_argument, "std::invalid_argument"),
    row<std::domain_error>(Kind::domain_error, "std::domain_error"),
    row<std::length_error>(Kind::length_error, "std::length_error"),
    row<std::out_of_range>(Kind::out_of_range, "std::out_of_range"),
    row<std::future_error>(Kind::future_error, "std::future_error"),
    row<std::logic_error>(Kind::logic_error, "std::logic_error"),
    row<std::bad_array_new_length>(Kind::bad_array_new_length, "std::bad_array_new_length"),
    row<std::bad_alloc>(Kind::bad_alloc, "std::bad_alloc"),
    row<std::bad_any_cast>(Kind::bad_any_cast, "std::bad_any_cast"),
    row<std::bad_cast>(Kind::bad_cast, "std::bad_cast"),
    row<std::bad_typeid>(Kind::bad_typeid, "std::bad_typeid"),
    row<std::bad_exception>(Kind::bad_exception, "std::bad_exception"),
    row<std::bad_function_call>(Kind::bad_function_call, "std::bad_function_call"),
    row<std::bad_optional_access>(Kind::bad_optional_access, "std::bad_optional_access"),
    row<std::bad_variant_access>(Kind::bad_variant_access, "std::bad_variant_access"),
    row<std::bad_weak_ptr>(Kind::bad_weak_ptr, "std::bad_weak_ptr"),
    row<std::exception>(Kind::exception, "std::exception"),
};

const KindRow& row_of(Kind kind) {
  const auto* found =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const KindRow& r) { return r.kind == kind; });
  return found != std::end(kRows) ? *found : row_of(Kind::runtime_error);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Of the exception that is being handled.
std::string current_type_name() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an unknown type";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
  std::string name = readable ? readable.get() : type->name();
  replace_all(name, "__cxx11::", "");
  replace_all(name, "[abi:cxx11]", "");
  replace_all(name, "std::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string");
  return name;
}

void copy_code(const std::exception& error, Failure& failure) {
  const auto copy = [&](const std::error_code& code) {
    failure.code = code.value();
    failure.category = code.category().name();
  };
  if (const auto* with_code = dynamic_cast<const std::system_error*>(&error)) copy(with_code->code());
  if (const auto* with_code = dynamic_cast<const std::future_error*>(&error)) copy(with_code->code());
  if (const auto* with_code = dynamic_cast<const std::regex_error*>(&error)) failure.code = with_code->code();
  if (const auto* with_paths = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    failure.path1 = with_paths->path1().native();
    failure.path2 = with_paths->path2().native();
  }
}

/// To be called while `error` is being handled.
Failure describe_exception(const std::exception& error) {
  Failure failure;
  failure.kind =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const KindRow& r) { return r.matches(error); })->kind;
  failure.type_name = current_type_name();
  if (const char* text = error.what()) failure.message = text;
  copy_code(error, failure);
  if (const auto* known = dynamic_cast<const TaskError*>(&error)) {
    if (!known->type_name.empty()) failure.type_name = known->type_name;
    failure.label = known->label;
    failure.host = known->host;
    failure.rank = known->rank;
    failure.attempt = known->attempt;
    if (known->element) failure.element = *known->element;
  }
  return failure;
}

/// To be called while what was thrown is being handled. `text`: the thrown thing itself, where it is one.
Failure describe_other(std::string_view text = {}) {
  Failure failure;
  failure.type_name = current_type_name();
  failure.message = "something that is no std::exception was thrown: ";
  failure.message += text.empty() ? std::string_view(failure.type_name) : text;
  return failure;
}

std::string on_one_line(std::string text) {
  replace_all(text, "\r", "");
  replace_all(text, "\n", "\\n");
  return text;
}

}  // namespace

Failure describe(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::logic_error& error) {  // this and the next also for classes that derive from std::exception twice
    return describe_exception(error);
  } catch (const std::runtime_error& error) {
    return describe_exception(error);
  } catch (const std::exception& error) {
    return describe_exception(error);
  } catch (const std::string& text) {
    return describe_other(text);
  } catch (const char* text) {
    return describe_other(text != nullptr ? text : "");
  } catch (...) {
    return describe_other();
  }
}

std::exception_ptr rebuild(const Failure& failure) { return row_of(failure.kind).make(failure); }

std::string explain(const Failure& failure) {
  std::string line = failure.label.empty() ? "a task" : "task '" + failure.label + "'";
  line += failure.kind == Kind::task_cancelled ? " was cancelled" : " failed";
  if (failure.rank >= 0) {
    line += " on rank " + std::to_string(failure.rank);
    if (!failure.host.empty()) line += " (host " + failure.host + ")";
  }
  line += ", attempt " + std::to_string(failure.attempt);
  if (failure.element) line += ", element " + std::to_string(*failure.element);
  line += ": " + (failure.type_name.empty() ? std::string(row_of(failure.kind).name) : failure.type_name);
  if (!failure.message.empty()) line += ": " + failure.message;
  return on_one_line(std::move(line));
}

}  // namespace cohort::wire
