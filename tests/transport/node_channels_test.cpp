#include "transport/node_channels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "transport/endpoint_member.hpp"

namespace cohort::transport {
namespace {

using testing::pattern;

using Bytes = std::vector<std::byte>;

Bytes copy(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

// Members of one process here; which process it is makes no difference to them.

std::vector<std::unique_ptr<NodeChannels>> make_channels(int size, const std::vector<Address>& members) {
  std::vector<std::unique_ptr<NodeChannels>> all;
  std::vector<std::string> offers;
  for (Address self = 0; self < size; ++self) {
    const bool here = std::find(members.begin(), members.end(), self) != members.end();
    const std::vector<Address> alone{self};
    all.push_back(std::make_unique<NodeChannels>(self, size, here ? members : alone));
    offers.push_back(all.back()->offer());
  }
  for (const auto& channels : all) channels->connect(offers);
  return all;
}

bool poll_nothing(NodeChannels& channels) {
  return channels.poll([](Address, std::span<const std::byte>) { FAIL("nothing was sent"); });
}

TEST_CASE("the ranks of a node reach each other, and nobody else") {
  const auto channels = make_channels(4, {0, 1, 3});
  for (Address from = 0; from < 4; ++from) {
    for (Address to = 0; to < 4; ++to) {
      CAPTURE(from);
      CAPTURE(to);
      CHECK(channels[static_cast<std::size_t>(from)]->reaches(to) == (from != to && from != 2 && to != 2));
    }
    CHECK_FALSE(poll_nothing(*channels[static_cast<std::size_t>(from)]));
    CHECK_FALSE(channels[static_cast<std::size_t>(from)]->everybody_writes_here());
    CHECK_FALSE(channels[static_cast<std::size_t>(from)]->has_packet());
  }
  CHECK(channels[2]->offer().empty());
  for (const Address from : {0, 1, 3}) {
    for (const Address to : {0, 1, 3}) {
      if (from != to)
        CHECK(channels[static_cast<std::size_t>(from)]->send(to,
                                                             pattern(30, static_cast<std::uint32_t>(10 * from + to))));
    }
  }
  for (const Address to : {0, 1, 3}) {
    int right = 0;
    CHECK(channels[static_cast<std::size_t>(to)]->poll([&](Address from, std::span<const std::byte> bytes) {
      right += copy(bytes) == pattern(30, static_cast<std::uint32_t>(10 * from + to)) ? 1 : 0;
    }));
    CHECK(right == 2);
    CHECK_FALSE(channels[static_cast<std::size_t>(to)]->poll([](Address, std::span<const std::byte>) {}));
  }
}

TEST_CASE("who looks sees what has come, and that all others write here") {
  const auto channels = make_channels(3, {0, 1, 2});
  for (const auto& each : channels) {
    CHECK_FALSE(each->everybody_writes_here());  // nobody has looked
    CHECK_FALSE(poll_nothing(*each));
    CHECK(each->everybody_writes_here());
    CHECK_FALSE(each->has_packet());
  }
  CHECK(channels[0]->send(1, pattern(5, 1)));
  CHECK(channels[1]->has_packet());
  CHECK_FALSE(channels[2]->has_packet());
  CHECK(channels[1]->poll([](Address from, std::span<const std::byte>) { CHECK(from == 0); }));
  CHECK_FALSE(channels[1]->has_packet());
}

TEST_CASE("what one has sent does not keep others waiting") {
  const auto channels = make_channels(3, {0, 1, 2});
  int sent = 0;
  while (channels[0]->send(1, pattern(10, 1))) ++sent;
  CHECK(channels[2]->send(1, pattern(10, 2)));
  int before = 0;
  int taken = 0;
  const auto count = [&](Address from, std::span<const std::byte>) {
    ++taken;
    if (from == 2) before = taken;
  };
  CHECK(channels[1]->poll(count));
  CHECK(before > 0);
  CHECK(taken < sent);  // a poll ends
  while (channels[1]->poll(count)) {
  }
  CHECK(taken == sent + 1);
}

TEST_CASE("who cannot be written to writes all the same") {
  std::vector<std::unique_ptr<NodeChannels>> all;
  const std::vector<Address> members{0, 1};
  for (Address self = 0; self < 2; ++self) all.push_back(std::make_unique<NodeChannels>(self, 2, members));
  const std::vector<std::string> seen_by_0{all[0]->offer(), all[1]->offer()};
  all[0]->connect(seen_by_0);
  all[1]->connect(std::vector<std::string>{"", all[1]->offer()});
  CHECK(all[0]->reaches(1));
  CHECK_FALSE(all[1]->reaches(0));
  for (const auto& each : all) poll_nothing(*each);
  CHECK(all[1]->everybody_writes_here());
  CHECK_FALSE(all[0]->everybody_writes_here());
}

TEST_CASE("what was offered is used only if it is that very file, and there") {
  std::vector<std::unique_ptr<NodeChannels>> all;
  const std::vector<Address> members{0, 1};
  for (Address self = 0; self < 2; ++self) all.push_back(std::make_unique<NodeChannels>(self, 2, members));
  REQUIRE_FALSE(all[1]->offer().empty());
  const std::string own = all[0]->offer();
  std::string offer = all[1]->offer();
  SUBCASE("another file of the same name, on a machine like this one") {
    offer.back() = offer.back() == '1' ? '2' : '1';
  }
  SUBCASE("gone by now") { all[1].reset(); }
  SUBCASE("what nobody has said") { offer = "what?"; }
  SUBCASE("the other one has no such memory") { offer.clear(); }
  all[0]->connect(std::vector{own, offer});
  CHECK_FALSE(all[0]->reaches(1));
}

}  // namespace
}  // namespace cohort::transport
