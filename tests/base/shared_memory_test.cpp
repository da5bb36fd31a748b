#include "base/shared_memory.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace {

using namespace cohort::base;

using Numbers = std::vector<double>;
constexpr std::size_t kCount = SharedMemory::kLeastBytes / sizeof(double) + 1'000;  // not whole pages

SharedMemory& memory() { return SharedMemory::of_process(); }
bool is_on() { return memory().start(std::size_t{64} << 20); }

Numbers make_numbers(double first, std::size_t count = kCount) {
  const ShareableScope shareable(true);
  Numbers numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}
SharedPlace share(const Numbers& numbers) {
  return memory().share(numbers.data(), numbers.size() * sizeof(double)).value();
}
/// Empty if it could not be mapped. The reader is this process, too: it cannot tell.
Numbers read(const SharedPlace& place, std::size_t count = kCount) {
  expect_shared(count * sizeof(double));
  Numbers numbers(count);
  return memory().map(place, numbers.data(), count * sizeof(double)) ? numbers : Numbers();
}
/// The same, without the copy that a vector by value is.
std::unique_ptr<Numbers> read_in_place(const SharedPlace& place) {
  expect_shared(kCount * sizeof(double));
  auto numbers = std::make_unique<Numbers>(kCount);
  if (!memory().map(place, numbers->data(), kCount * sizeof(double))) return nullptr;
  return numbers;
}

/// Runs `body` in a child of this process; returns its exit code.
template <class Body>
int in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("only what was allocated for it is shared") {
  if (!is_on()) return;
  const Numbers ordinary(kCount);
  CHECK_FALSE(memory().share(ordinary.data(), kCount * sizeof(double)));
  const Numbers shareable = make_numbers(1);
  CHECK_FALSE(memory().share(shareable.data() + 1, (kCount - 1) * sizeof(double)));
  CHECK_FALSE(memory().share(shareable.data(), 100 * kCount));
  const Numbers small = make_numbers(1, 1'000);
  CHECK_FALSE(memory().share(small.data(), 1'000 * sizeof(double)));
  CHECK(memory().share(shareable.data(), kCount * sizeof(double)));
}

TEST_CASE("a reader sees what the owner wrote, and what it writes itself only it sees") {
  if (!is_on()) return;
  const Numbers owned = make_numbers(7);
  const SharedPlace place = share(owned);
  const auto seen = read_in_place(place);
  REQUIRE(seen);
  CHECK(*seen == owned);
  CHECK(seen->data() != owned.data());
  std::fill(seen->begin(), seen->end(), 0.0);
  CHECK(owned == make_numbers(7));
  CHECK(read(share(owned)) == owned);
}

TEST_CASE("a use is over once the reader has freed its memory") {
  if (!is_on()) return;
  const Numbers owned = make_numbers(1);
  const SharedPlace place = share(owned);
  CHECK_FALSE(memory().is_over(place.use));
  {
    const auto seen = read_in_place(place);
    CHECK_FALSE(memory().is_over(place.use));
    CHECK_FALSE(memory().is_over_or_abandoned(place.use));
  }
  CHECK(memory().is_over(place.use));
  CHECK(share(owned).use == place.use);
}

TEST_CASE("what was freed is used again, unless nobody will know when its readers are done") {
  if (!is_on()) return;
  auto owned = std::make_unique<Numbers>(make_numbers(1));
  const double* const first = owned->data();
  owned.reset();
  owned = std::make_unique<Numbers>(make_numbers(2));
  CHECK(owned->data() == first);

  const auto seen = read_in_place(share(*owned));
  memory().leave_for_ever(owned->data());
  owned.reset();
  const Numbers next = make_numbers(3);
  REQUIRE(seen);
  CHECK(*seen == make_numbers(2));
}

TEST_CASE("what is not there any more, or is something else by now, is not mapped") {
  if (!is_on()) return;
  const Numbers owned = make_numbers(1);
  SharedPlace place = share(owned);
  place.file.inode += 1;
  CHECK_FALSE(read_in_place(place));
  place = share(owned);
  place.descriptor = 1'000'000;
  CHECK_FALSE(read_in_place(place));
  place = share(owned);
  place.process = 0x7fffffff;
  CHECK_FALSE(read_in_place(place));
  place = share(owned);
  place.use = SharedUses::kMost;
  CHECK_FALSE(read_in_place(place));
  // And only into memory that is there for it, once.
  place = share(owned);
  Numbers ordinary(kCount);
  CHECK_FALSE(memory().map(place, ordinary.data(), kCount * sizeof(double)));
  const auto seen = read_in_place(place);
  REQUIRE(seen);
  CHECK_FALSE(memory().map(place, seen->data(), kCount * sizeof(double)));
}

TEST_CASE("memory that nothing is mapped over is as any other") {
  if (!is_on()) return;
  expect_shared(kCount * sizeof(double));
  Numbers numbers(kCount, 1.0);
  expect_shared(0);
  numbers.resize(2 * kCount, 2.0);
  CHECK(std::accumulate(numbers.begin(), numbers.end(), 0.0) == 3.0 * kCount);
}

TEST_CASE("the end of a string stays the reader's") {
  if (!is_on()) return;
  constexpr std::size_t kPages = SharedMemory::kLeastBytes + 100;
  const std::string owned = [] {
    const ShareableScope shareable(true);
    return std::string(kPages, 'x');
  }();
  const auto place = memory().share(owned.data(), owned.size());
  REQUIRE(place);
  expect_shared(kPages);
  std::string seen(kPages, '\0');
  REQUIRE(memory().map(*place, seen.data(), kPages));
  CHECK(seen == owned);
  CHECK(std::strlen(seen.c_str()) == kPages);
}

TEST_CASE("a child of the owner has a copy, and so has its parent") {
  if (!is_on()) return;
  Numbers owned = make_numbers(1);
  const auto seen = read_in_place(share(owned));
  REQUIRE(seen);
  const int code = in_child([&] {
    owned[5] = -1;
    (*seen)[5] = -2;
    owned = Numbers();
    return seen->at(6) == 7.0 ? 3 : 4;
  });
  CHECK(code == 3);
  CHECK(owned[5] == 6.0);
  CHECK((*seen)[5] == 6.0);
  owned[5] = 1;
  CHECK((*seen)[5] == 6.0);
  CHECK_FALSE(memory().share(owned.data(), kCount * sizeof(double)));
  CHECK(memory().share(make_numbers(1).data(), kCount * sizeof(double)));
}

TEST_CASE("what a dead reader used is free again") {
  auto uses = SharedUses::make();
  REQUIRE(uses);
  const auto use = uses->begin();
  REQUIRE(use);
  const auto look = [&] {
    SharedUses::Use* const there = UsesOfOthers().find(getppid(), uses->file().descriptor(), uses->file().id(), *use);
    if (there == nullptr) return 1;
    there->store(static_cast<std::uint32_t>(getpid()));
    return 0;
  };
  CHECK_FALSE(uses->is_over_or_abandoned(*use));
  CHECK(in_child(look) == 0);
  CHECK_FALSE(uses->is_over(*use));
  CHECK(uses->is_over_or_abandoned(*use));
  CHECK(uses->begin() == use);
}

}  // namespace
