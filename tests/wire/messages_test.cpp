#include "wire/messages.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace cohort;
using namespace cohort::wire;
using cohort::detail::ByteBuffer;
using cohort::detail::DecodeError;
using cohort::detail::SmallBytes;

namespace {

SmallBytes bytes(std::initializer_list<int> values) {
  SmallBytes result;
  for (const int value : values) *result.extend(1) = static_cast<std::byte>(value);
  return result;
}

Failure failure() {
  return {.kind = Failure::Kind::usage_error,
          .type_name = "std::filesystem::filesystem_error",
          .message = "no such file",
          .label = "read",
          .host = "c2",
          .rank = 3,
          .attempt = 2,
          .element = 17,
          .code = 2,
          .category = "generic",
          .path1 = "/a",
          .path2 = "/b"};
}

/// One of each, no member at its default.
std::vector<Message> one_of_each() {
  const TaskId id{7, 8};
  const detail::CodeAddress type{0x0001'0000'0000'1234};
  return {
      Assign{.id = id,
             .attempt = 1,
             .priority = -5,
             .type = type,
             .label = "tour",
             .payload = bytes({1, 2, 3}),
             .inputs = {{{1, 2}, 3, -1}, {{4, 5}, 6, 0}},
             .small_values = {bytes({9}), {}, bytes({8, 7})}},
      Release{id},
      Recall{id},
      Cancel{id},
      Relocate{id, {7}, 4},
      Hold{id, type, 5},
      Fetch{id, 6},
      Unfetch{id, 7},
      ValueIs{.id = id,
              .ticket = 9,
              .transfer = 10,
              .segment_bytes = {1, std::uint64_t{3} << 32},
              .shared = {{1, 11, {12, 13, {14, 15}, 16, {17, 18}, 19}}},
              .bytes = bytes({5, 6}),
              .failure = failure()},
      Done{.id = id,
           .attempt = 3,
           .outcome = Done::Outcome::cancelled,
           .small = true,
           .value_bytes = 11,
           .duration_ns = 12,
           .bytes = bytes({1}),
           .failure = failure()},
      Recalled{id},
      Started{id},
      Held{id},
      Call{13, type, bytes({4})},
      CallDone{14, bytes({5}), failure()},
      ModuleIs{2, {"abc", "libx.so"}},
      Hello{"c3", 8, {{"id1", "a"}, {"id2", "b"}}},
      Stop{85, true},
      Stopped{1ULL << 33},
      Alarm{15, "terminated"},
      Report{},
      Resend{20},
      AssignCall{id, type, bytes({4, 5})},
      SmallValueIs{id, 21, bytes({6, 7})},
      DoneWithSmall{id, 22, bytes({8, 9})},
  };
}

void append_to(ByteBuffer& packet, const Message& message) {
  std::visit([&](const auto& each) { append(packet, each); }, message);
}

}  // namespace

TEST_CASE("every kind of message is read back as it was written, from one packet") {
  const std::vector<Message> messages = one_of_each();
  REQUIRE(messages.size() == std::variant_size_v<Message>);
  ByteBuffer packet;
  for (const Message& message : messages) append_to(packet, message);
  Reader reader(packet.view());
  MessageSlots slots;
  for (const Message& message : messages) {
    const Message* const read = reader.next(slots);
    REQUIRE(read != nullptr);
    CHECK(*read == message);
  }
  CHECK(reader.next(slots) == nullptr);
}

TEST_CASE("a message with all members at their defaults is read over one that had others") {
  for (const Message& full : one_of_each()) {
    Message empty = full;
    std::visit([](auto& each) { each = {}; }, empty);
    ByteBuffer packet;
    append_to(packet, empty);
    Reader reader(packet.view());
    MessageSlots slots;
    slots.of_kind(full.index()) = full;
    const Message* const read = reader.next(slots);
    REQUIRE(read != nullptr);
    CHECK(*read == empty);
  }
}

TEST_CASE("a message that is shown is written as the one that is held") {
  const auto assign = std::get<Assign>(one_of_each()[0]);
  AssignView view{assign.id,     assign.attempt,  assign.priority, assign.type,
                  &assign.label, &assign.payload, assign.inputs,   {}};
  for (const SmallBytes& value : assign.small_values) view.small_values.push_back(&value);
  ByteBuffer held;
  ByteBuffer shown;
  append(held, assign);
  append(shown, view);
  CHECK(std::ranges::equal(held.view(), shown.view()));

  held.clear();
  shown.clear();
  append(held, AssignCall{assign.id, assign.type, assign.payload});
  append(shown, AssignCallView{assign.id, assign.type, &assign.payload});
  CHECK(std::ranges::equal(held.view(), shown.view()));

  held.clear();
  shown.clear();
  append(held, SmallValueIs{assign.id, 1, assign.payload});
  append(shown, SmallValueIsView{assign.id, 1, &assign.payload});
  append(held, DoneWithSmall{assign.id, 2, assign.payload});
  append(shown, DoneWithSmallView{assign.id, 2, &assign.payload});
  CHECK(std::ranges::equal(held.view(), shown.view()));
}

TEST_CASE("byte runs around the length that needs no memory are read back, also at the end of a packet") {
  for (std::size_t size = SmallBytes::kInline - 2; size <= SmallBytes::kInline + 2; ++size) {
    CallDone done;
    for (std::size_t i = 0; i < size; ++i) *done.bytes.extend(1) = static_cast<std::byte>(i);
    ByteBuffer packet;
    append(packet, done);
    const ByteBuffer exact(packet.view());
    Reader reader(exact.view());
    MessageSlots slots;
    const Message* const read = reader.next(slots);
    REQUIRE(read != nullptr);
    CHECK(std::get<CallDone>(*read) == done);
  }
}

TEST_CASE("a packet cut at any byte within a message is an error") {
  for (const Message& message : one_of_each()) {
    ByteBuffer packet;
    append_to(packet, message);
    for (std::size_t count = 1; count < packet.size(); ++count) {
      Reader reader(packet.view().first(count));
      MessageSlots slots;
      CHECK_THROWS_AS(reader.next(slots), DecodeError);
    }
  }
}

TEST_CASE("a message is read into the memory of the last one of its kind") {
  ByteBuffer packet;
  append(packet, Alarm{0, std::string(100, 'a')});
  append(packet, Stop{});
  append(packet, Alarm{0, std::string(50, 'b')});
  Reader reader(packet.view());
  MessageSlots slots;
  const char* memory = std::get<Alarm>(*reader.next(slots)).text.data();
  CHECK(std::get<Stop>(*reader.next(slots)) == Stop{});
  const auto& last = std::get<Alarm>(*reader.next(slots));
  CHECK(last.text == std::string(50, 'b'));
  CHECK(last.text.data() == memory);
}

TEST_CASE("numbers that mean nothing are errors: kinds of message, enumerators, bools, flags") {
  const auto read = [](const ByteBuffer& packet) {
    MessageSlots slots;
    Reader(packet.view()).next(slots);
  };
  ByteBuffer packet(bytes({static_cast<int>(std::variant_size_v<Message>)}).view());
  CHECK_THROWS_AS(read(packet), DecodeError);

  packet.clear();
  append(packet, Stop{0, true});
  packet.data()[packet.size() - 1] = std::byte{2};
  CHECK_THROWS_AS(read(packet), DecodeError);

  packet.clear();
  append(packet, Done{});
  CHECK_NOTHROW(read(packet));
  constexpr std::size_t kOutcome = 1 + 8 + 4;
  packet.data()[kOutcome] = std::byte{3};
  CHECK_THROWS_AS(read(packet), DecodeError);
  packet.data()[kOutcome] = std::byte{0};
  packet.data()[packet.size() - 1] = std::byte{2};  // whether there is a failure
  CHECK_THROWS_AS(read(packet), DecodeError);

  packet.clear();
  append(packet, CallDone{.ticket = 0, .bytes = {}, .failure = failure()});
  constexpr std::size_t kKind = 1 + 8 + 8 + 1;
  packet.data()[kKind] = std::byte{200};
  CHECK_THROWS_AS(read(packet), DecodeError);
}

TEST_CASE("a length larger than the packet takes no memory") {
  ByteBuffer packet;
  append(packet, Call{});
  for (std::size_t i = packet.size() - 8; i < packet.size(); ++i) packet.data()[i] = std::byte{0x7f};
  MessageSlots slots;
  CHECK_THROWS_AS(Reader(packet.view()).next(slots), DecodeError);

  packet.clear();
  append(packet, Hello{});
  for (std::size_t i = packet.size() - 4; i < packet.size(); ++i) packet.data()[i] = std::byte{0xff};
  CHECK_THROWS_AS(Reader(packet.view()).next(slots), DecodeError);
}
