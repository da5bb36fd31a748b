// What can be submitted.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "interface/shared_client.hpp"

namespace cohort::test {
namespace {

int doubled(int x) noexcept { return 2 * x; }
template <class T>
T same(T x) {
  return x;
}

/// A value with members to call.
class Account {
 public:
  Account() = default;
  explicit Account(int balance) : balance_(balance) {}
  int balance() const { return balance_; }
  int balance_after(int payment) const { return balance_ + payment; }
  Account paid(int payment) && { return Account(balance_ + payment); }
  int number = 7;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& balance_& number;
  }

 private:
  int balance_ = 0;
};

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const { return 0; }
  virtual std::string name() { return "shape"; }
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};
struct Square : Shape {
  Square() = default;
  explicit Square(double a) : side(a) {}
  double area() const override { return side * side; }
  std::string name() override { return "square"; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& side;
  }
  double side = 0;
};

struct AddConstant {
  int constant;
  int operator()(int x) const { return x + constant; }
};

/// Not trivially copyable: travels by its serialize.
struct Lookup {
  std::vector<std::string> words;
  const std::string& operator()(std::size_t i) const { return words.at(i); }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& words;
  }
};

TEST_CASE("functions and pointers to them run on a worker") {
  CHECK(client().submit(square, 7).result() == 49);
  CHECK(client().submit(&square, 8).result() == 64);
  CHECK(client().submit(doubled, 8).result() == 16);
  CHECK(client().submit(same<std::string>, "text").result() == "text");
  int (*pointer)(int, int) = add;
  CHECK(client().submit(pointer, 2, 3).result() == 5);
}

TEST_CASE("a null function pointer is a wrong call") {
  int (*pointer)(int) = nullptr;
  CHECK_THROWS_AS(client().submit(pointer, 1), UsageError);
}

TEST_CASE("member functions run on the object that comes first") {
  const auto account = client().submit([] { return Account(10); });
  CHECK(client().submit(&Account::balance, account).result() == 10);
  CHECK(client().submit(&Account::balance_after, account, 5).result() == 15);
  CHECK(client().submit(&Account::balance_after, Account(1), client().submit(square, 3)).result() == 10);
  CHECK(client().submit(&Account::paid, Account(1), 2).result().balance() == 3);
  CHECK(account.then(&Account::balance).result() == 10);
}

TEST_CASE("a pointer to a data member reads it") { CHECK(client().submit(&Account::number, Account(1)).result() == 7); }

TEST_CASE("virtual member functions are the ones of the object's own class") {
  CHECK(client().submit(&Shape::area, Square(3)).result() == 9);
  CHECK(client().submit(&Shape::area, Shape()).result() == 0);
  CHECK(client().submit(&Shape::name, Square(3)).result() == "square");
  const auto there = client().submit([] { return Square(4); });
  CHECK(client().submit(&Shape::area, there).result() == 16);
}

TEST_CASE("lambdas run without captures, with trivially copyable ones, and generic ones") {
  int by = 3;
  const std::array<double, 4> weights{1, 2, 3, 4};
  CHECK(client().submit([] { return 5; }).result() == 5);
  CHECK(client().submit([by](int x) { return by * x; }, 5).result() == 15);
  CHECK(client().submit([weights, by] { return weights[2] + by; }).result() == 6);
  CHECK(client().submit([](const auto& x) { return x + x; }, std::string("ab")).result() == "abab");
  CHECK(client().submit([by, n = 0]() mutable { return n += by; }).result() == 3);
}

TEST_CASE("function objects run, trivially copyable ones and ones with a serialize") {
  CHECK(client().submit(AddConstant{4}, 5).result() == 9);
  CHECK(client().submit(std::plus<>{}, 2, 3).result() == 5);
  CHECK(client().submit(std::plus<>{}, std::string("a"), "b").result() == "ab");
  CHECK(client().submit(std::less<int>{}, 2, 3).result());
  const Lookup lookup{{"zero", "one", "two"}};
  const auto word = client().submit(lookup, std::size_t{1});
  static_assert(std::is_same_v<decltype(word), const Future<std::string>>, "a reference becomes a value");
  CHECK(word.result() == "one");
}

TEST_CASE("a lambda that captured by reference is a wrong call, at submit") {
  int local = 3;
  CHECK_THROWS_AS(client().submit([&local] { return local; }), UsageError);
  CHECK_THROWS_AS(client().submit([&](int x) { return local + x; }, 1), UsageError);
  const int* pointer = &local;
  CHECK_THROWS_AS(client().submit([pointer] { return *pointer; }), UsageError);
  CHECK_THROWS_AS(client().run_on_all([&local] { return local; }), UsageError);
}

TEST_CASE("results of many kinds come home") {
  CHECK(client().submit([] { return std::string(100'000, 'x'); }).result() == std::string(100'000, 'x'));
  CHECK(client()
            .submit([] {
              return std::vector<std::string>{"a", "bc"};
            })
            .result() == std::vector<std::string>{"a", "bc"});
  CHECK(client().submit([] { return std::vector<bool>{true, false}; }).result() == std::vector<bool>{true, false});
  CHECK(*client().submit([] { return std::make_unique<int>(5); }).result() == 5);
  const auto nothing = client().submit([] {});
  static_assert(std::is_same_v<decltype(nothing), const Future<void>>);
  nothing.result();
  CHECK(nothing.status() == Status::finished);
}

TEST_CASE("a task runs even if its future is dropped") {
  const Mark mark;
  client().submit(set_mark, mark.path());
  CHECK(eventually([&] { return client().submit(square, 1).result() == 1 && mark.is_set(); }));
}

TEST_CASE("equal calls are not merged") {
  const auto calls = [] {
    static std::atomic<int> count = 0;
    return ++count;
  };
  const int rank = worker_ranks().front();
  const auto first = client().submit(TaskOptions{.rank = rank}, calls);
  const auto second = client().submit(TaskOptions{.rank = rank}, calls);
  CHECK(first.result() != second.result());
}

}  // namespace
}  // namespace cohort::test
