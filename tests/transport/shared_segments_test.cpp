// Two mailboxes that share large segments. Both are in this process: neither can tell.
#include "transport/shared_segments.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "transport/in_process.hpp"
#include "transport/incoming_segments.hpp"
#include "transport/mailbox.hpp"

namespace cohort::transport {
namespace {

using base::SharedMemory;

constexpr std::size_t kBytes = SharedMemory::kLeastBytes + 12'345;

class Neighbour final : public Endpoint {
 public:
  explicit Neighbour(std::unique_ptr<Endpoint> inner) : inner_(std::move(inner)) {}
  Address address() const override { return inner_->address(); }
  int size() const override { return inner_->size(); }
  void send(Address to, Packet packet) override { inner_->send(to, std::move(packet)); }
  std::uint64_t receive(Address from, TransferId transfer, detail::MutableSegment into) override {
    ++receives;
    return inner_->receive(from, transfer, into);
  }
  bool poll(Sink& sink) override { return inner_->poll(sink); }
  std::size_t unsent_bytes(Address to) const override { return inner_->unsent_bytes(to); }
  bool all_sent() override { return inner_->all_sent(); }
  bool shares_memory_with(Address) const override { return true; }
  bool rings() const override { return inner_->rings(); }

  int receives = 0;

 private:
  std::unique_ptr<Endpoint> inner_;
};

struct Keeps final : Receiver {
  void on_message(Address, wire::Message& message) override { value = std::get<wire::ValueIs>(message); }
  void on_received(std::uint64_t ticket) override { received.insert(ticket); }
  wire::ValueIs value;
  std::set<std::uint64_t> received;
};

/// Segments as a worker reads them, but for what it notes.
struct Segments final : IncomingSegments {
  Segments(Mailbox& mailbox, wire::ValueIs& value)
      : IncomingSegments(value.segment_bytes, value.shared,
                         [&mailbox, transfer = value.transfer](detail::MutableSegment into) {
                           return mailbox.receive(0, transfer, into);
                         }) {}
  void on_asked(std::uint64_t ticket) override { tickets.insert(ticket); }
  std::set<std::uint64_t> tickets;
};

using Bytes = std::vector<char>;
Bytes make_bytes(bool shareable, char first) {
  const base::ShareableScope scope(shareable);
  Bytes bytes(kBytes);
  for (std::size_t i = 0; i < kBytes; ++i) bytes[i] = static_cast<char>(first + static_cast<char>(i % 101));
  return bytes;
}

struct Pair {
  std::vector<std::unique_ptr<Endpoint>> inner = make_in_process({nullptr, nullptr});
  Neighbour owner{std::move(inner[0])};
  Neighbour reader{std::move(inner[1])};
  std::unique_ptr<Mailbox> from = std::make_unique<Mailbox>(owner);
  Mailbox to{reader};
  Keeps at_owner;
  Keeps at_reader;

  /// Returns whether more could have been shared.
  bool send(const std::shared_ptr<std::vector<Bytes>>& value) {
    std::vector<detail::ConstSegment> segments;
    for (const Bytes& bytes : *value) {
      segments.push_back({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()});
    }
    return from->post_value(1,
                            {.id = {1, 1}, .ticket = 1, .segment_bytes = {}, .shared = {}, .bytes = {}, .failure = {}},
                            std::move(segments), value);
  }
  void poll() {
    for (int i = 0; i < 20; ++i) {
      from->poll(at_owner);
      to.poll(at_reader);
    }
  }
  /// `in_place`: into memory of which the transport was told.
  std::vector<Bytes> receive(bool in_place) {
    poll();
    Segments segments(to, at_reader.value);
    std::vector<Bytes> value;
    for (std::size_t i = 0; i < at_reader.value.segment_bytes.size(); ++i) {
      if (in_place) segments.next_size();
      Bytes& bytes = value.emplace_back(kBytes);
      segments.read({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()});
    }
    poll();
    CHECK(segments.tickets == at_reader.received);
    at_reader.received.clear();
    return value;
  }
};

std::shared_ptr<std::vector<Bytes>> make_value(std::initializer_list<bool> shareable) {
  const auto value = std::make_shared<std::vector<Bytes>>();
  value->reserve(shareable.size());
  for (const bool each : shareable) value->push_back(make_bytes(each, static_cast<char>(value->size())));
  return value;
}
bool is_on() { return SharedMemory::of_process().start(std::size_t{64} << 20); }

TEST_CASE("shared segments are mapped, and kept until the reader has freed them; others are sent") {
  if (!is_on()) return;
  Pair pair;
  auto value = make_value({true, false, true});
  const std::weak_ptr<std::vector<Bytes>> alive = value;
  CHECK(pair.send(value));
  std::vector<Bytes> seen = pair.receive(true);
  CHECK(pair.reader.receives == 1);
  CHECK(seen == *value);
  value.reset();
  pair.poll();
  CHECK(seen == *make_value({false, false, false}));
  CHECK_FALSE(alive.expired());
  seen.clear();
  pair.poll();
  CHECK(alive.expired());
}

TEST_CASE("what cannot be mapped is sent, and after a while not offered any more") {
  if (!is_on()) return;
  Pair pair;
  for (int round = 0; round < 3; ++round) {
    const auto value = make_value({true, false, true});
    pair.send(value);
    CHECK(pair.at_reader.value.shared.size() == (round == 0 ? 0 : 2));
    CHECK(pair.receive(false) == *value);
    CHECK(value.use_count() == 1);
  }
  CHECK(pair.reader.receives == 9);
  CHECK(pair.at_reader.value.shared.empty());
}

TEST_CASE("what a reader still has outlives the sender, and what is made after it") {
  if (!is_on()) return;
  Pair pair;
  auto value = make_value({true});
  CHECK_FALSE(pair.send(value));
  const std::vector<Bytes> seen = pair.receive(true);
  pair.from.reset();
  value.reset();
  const Bytes next = make_bytes(true, 50);
  CHECK(seen == *make_value({false}));
}

TEST_CASE("a request for what was not offered is an error") {
  SharedSegments segments;
  CHECK_THROWS_AS(segments.withdraw(1, 5), TransportError);
}

}  // namespace
}  // namespace cohort::transport
