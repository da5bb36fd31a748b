// Large values: as they are, and as members of classes. What needs gigabytes is skipped; --no-skip runs it.
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "interface/shared_client.hpp"

namespace cohort::test {
namespace {

constexpr std::size_t kMega = 1'000'000;

/// A value of several large pieces, some of them deep inside.
class Mesh {
 public:
  Mesh() = default;
  explicit Mesh(std::size_t points) : name_(points / 10, 'm'), coordinates_(points), parts_(3) {
    for (std::size_t i = 0; i < points; ++i) coordinates_[i] = double(i % 1'000);
    for (auto& [index, cells] : parts_) cells.assign(points / 3, int(index = int(points % 97)));
  }
  bool operator==(const Mesh&) const = default;
  std::size_t size() const { return coordinates_.size(); }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& name_& coordinates_& parts_;
  }

 private:
  std::string name_;
  std::vector<double> coordinates_;
  std::vector<std::pair<int, std::vector<int>>> parts_;
};

Mesh make_mesh(std::size_t points) { return Mesh(points); }

/// Numbers that tell their place: a mix-up or a hole shows.
std::vector<std::uint64_t> make_numbers(std::size_t count) {
  std::vector<std::uint64_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = i * 0x9E3779B97F4A7C15u;
  return numbers;
}
bool are_numbers(const std::vector<std::uint64_t>& numbers, std::size_t count) {
  if (numbers.size() != count) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (numbers[i] != i * 0x9E3779B97F4A7C15u) return false;
  }
  return true;
}

/// From here to a worker, on to another worker, and home, by each of the ways there are.
template <class T>
void check_travels(const T& value) {
  const auto [first, second] = two_ranks();
  const auto there = client().submit(
      TaskOptions{.rank = first}, [](T x) { return x; }, client().put(value));
  const auto same = [](const T& a, const T& b) { return a == b; };
  CHECK(client().submit(TaskOptions{.rank = second}, same, there, value).result());
  CHECK(there.result() == value);
}

TEST_CASE("large values travel to workers, between them, and home") {
  for (const std::size_t count : {std::size_t{100}, std::size_t{3'000}, 40'000 + std::size_t{1}, 3 * kMega}) {
    CAPTURE(count);
    check_travels(make_numbers(count));
  }
  check_travels(std::string(20 * kMega, 's'));
  check_travels(std::vector<std::string>(20, std::string(kMega, 't')));
  check_travels(std::vector<bool>(kMega, true));
}

TEST_CASE("classes with large members travel to workers, between them, and home") {
  for (const std::size_t points : {std::size_t{0}, std::size_t{10}, std::size_t{5'000}, kMega}) {
    CAPTURE(points);
    check_travels(Mesh(points));
  }
  check_travels(std::vector<Mesh>(5, Mesh(100'000)));
}

TEST_CASE("large values cross between two workers both ways at the same time") {
  const auto [first, second] = two_ranks();
  std::vector<Future<Mesh>> here, there;
  std::vector<Future<std::size_t>> sizes;
  for (int i = 0; i < 5; ++i) {
    here.push_back(client().submit(TaskOptions{.rank = first}, make_mesh, kMega / 2));
    there.push_back(client().submit(TaskOptions{.rank = second}, make_mesh, kMega / 2));
    sizes.push_back(client().submit(TaskOptions{.rank = second}, &Mesh::size, here.back()));
    sizes.push_back(client().submit(TaskOptions{.rank = first}, &Mesh::size, there.back()));
  }
  for (const std::size_t size : client().gather(sizes)) CHECK(size == kMega / 2);
  const Mesh expected(kMega / 2);
  for (const Mesh& mesh : client().gather(here)) CHECK(mesh == expected);
}

TEST_CASE("a large value whose wait ran out of time comes the next time") {
  const auto made = client().submit(make_numbers, 3 * kMega);
  made.where();
  for (int i = 0; i < 40; ++i) {
    bool intact = true;
    try {
      intact = are_numbers(made.result(std::chrono::microseconds(5 * i)), 3 * kMega);
    } catch (const TimedOut&) {
    }
    CHECK(intact);
  }
  CHECK(are_numbers(made.result(), 3 * kMega));
  CHECK(client().submit(square, 3).result() == 9);
}

constexpr std::size_t kThreeGibibytes = (std::size_t{3} << 30) / sizeof(std::uint64_t);

TEST_CASE("a result of three gibibytes comes home" * doctest::skip()) {
  const auto made = client().submit(make_numbers, kThreeGibibytes);
  CHECK(made.nbytes() >= std::size_t{3} << 30);
  CHECK(are_numbers(made.result(), kThreeGibibytes));
}

TEST_CASE("a value of three gibibytes that is put, goes to another worker, and is read there" * doctest::skip()) {
  const auto [first, second] = two_ranks();
  auto here = client().put(make_numbers(kThreeGibibytes));
  auto there = client().submit(
      TaskOptions{.rank = first}, [](std::vector<std::uint64_t> x) { return x; }, here);
  here = {};
  const auto intact = client().submit(TaskOptions{.rank = second}, are_numbers, there, kThreeGibibytes);
  there = {};
  CHECK(intact.result());
}

TEST_CASE("a class with a member of three gibibytes goes from worker to worker" * doctest::skip()) {
  const auto [first, second] = two_ranks();
  using Labelled = std::pair<std::string, std::vector<std::uint64_t>>;
  auto made = client().submit(
      TaskOptions{.rank = first}, [](std::size_t count) { return Labelled("label", make_numbers(count)); },
      kThreeGibibytes);
  const auto intact = client().submit(
      TaskOptions{.rank = second},
      [](const Labelled& value, std::size_t count) {
        return value.first == "label" && are_numbers(value.second, count);
      },
      made, kThreeGibibytes);
  made = {};
  CHECK(intact.result());
}

}  // namespace
}  // namespace cohort::test
