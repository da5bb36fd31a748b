// A program of its own, to be run with 1, 2, 3 and 4 ranks: every rank runs all cases. With the argument "funneled" MPI
// is started with less than the runtime wants. Cases that are skipped need gigabytes: --no-skip runs them.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <mpi.h>

#include <memory>
#include <string>
#include <string_view>

#include "transport/endpoint_scenarios.hpp"
#include "transport/mpi_world.hpp"

namespace cohort::transport {
namespace {

using testing::Member;
using testing::Scenario;
using testing::scenarios;

/// MPI as main() started it.
MpiWorld*& world() {
  static MpiWorld* started = nullptr;
  return started;
}

void run_all(const MpiOptions& options) {
  if (world()->size() == 1) return;
  for (const Scenario& scenario : scenarios()) {
    CAPTURE(scenario.name);
    const auto endpoint = world()->make_endpoint(options);
    CHECK_NOTHROW(scenario.run(*endpoint));
    MPI_Barrier(MPI_COMM_WORLD);
  }
}

TEST_CASE("the MPI transport keeps what every transport promises") { run_all({}); }
TEST_CASE("it does so without the node's channels") { run_all({.node_channels = false}); }
TEST_CASE("it does so when everything travels in small pieces and few of them") {
  for (const bool channels : {true, false}) {
    run_all({.piece_bytes = 1'000,
             .short_packet_bytes = 300,
             .window_bytes = 20'000,
             .segment_window_bytes = 5'000,
             .node_channels = channels});
  }
}
TEST_CASE("it does so when hardly a packet is short") {
  for (const bool channels : {true, false}) {
    run_all({.piece_bytes = 4'096,
             .short_packet_bytes = 10,
             .window_bytes = 50'000,
             .segment_window_bytes = 1,
             .node_channels = channels});
  }
}
TEST_CASE("it does so when some ranks have channels and others have none") {
  run_all({.node_channels = world()->rank() != 1});
}

TEST_CASE("a sender far ahead of a receiver that does not poll keeps the rest to itself") {
  for (const std::size_t size : {std::size_t{100}, std::size_t{2'000}, std::size_t{300'000}}) {
    for (const bool channels : {true, false}) {
      const auto endpoint = world()->make_endpoint({.window_bytes = 1 << 20, .node_channels = channels});
      Member self(*endpoint);
      const std::size_t count = (std::size_t{8} << 20) / size;
      const auto bytes = testing::pattern(size, 1);
      if (endpoint->address() == 0) {
        for (const Address to : self.others()) {
          for (std::size_t i = 0; i < count; ++i) {
            endpoint->send(to, testing::packet_of(bytes));
            if (i % 1'000 == 0) endpoint->poll(self);
          }
          CHECK(endpoint->unsent_bytes(to) > count * size - (2 << 20));
        }
      }
      // In here the others make progress, but receive nothing.
      MPI_Barrier(MPI_COMM_WORLD);
      if (endpoint->address() == 0) {
        self.poll_until([&] { return endpoint->all_sent(); });
        for (const Address to : self.others()) CHECK(endpoint->unsent_bytes(to) == 0);
      } else {
        std::size_t right = 0;
        for (std::size_t i = 0; i < count; ++i) right += testing::same(self.next(0), bytes) ? 1 : 0;
        CHECK(right == count);
      }
      self.meet();
      MPI_Barrier(MPI_COMM_WORLD);
    }
  }
}

TEST_CASE("an endpoint with unfinished business ends without waiting") {
  static const std::vector<std::byte> memory = testing::pattern(1'000'000, 1);
  static std::vector<std::byte> into(memory.size());
  {
    const auto endpoint = world()->make_endpoint();
    Member self(*endpoint);
    for (const Address to : self.others()) {
      Packet packet;
      packet.segments = {{memory.data(), memory.size()}};
      packet.transfer = 1;
      endpoint->send(to, std::move(packet));
      endpoint->receive(to, 2, {into.data(), into.size()});
    }
  }
  MPI_Barrier(MPI_COMM_WORLD);
  const auto endpoint = world()->make_endpoint();
  CHECK_NOTHROW(Member(*endpoint).meet());
}

TEST_CASE("MPI that the program has started is used and left running") {
  {
    MpiWorld guest;
    CHECK(guest.rank() == world()->rank());
    CHECK(guest.size() == world()->size());
    CHECK(guest.thread_level() == world()->thread_level());
    const auto endpoint = guest.make_endpoint();
    CHECK_NOTHROW(Member(*endpoint).meet());
    guest.finalize();
    guest.finalize();
  }
  int finalized = 0;
  MPI_Finalized(&finalized);
  CHECK(finalized == 0);
  MPI_Errhandler handler = MPI_ERRHANDLER_NULL;
  MPI_Comm_get_errhandler(MPI_COMM_WORLD, &handler);
  CHECK(handler == MPI_ERRORS_RETURN);
}

TEST_CASE("a world knows the ranks, the node and the host") {
  int rank = -1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  CHECK(world()->rank() == rank);
  CHECK(world()->node_rank() < world()->node_size());
  CHECK(world()->node_size() <= world()->size());
  CHECK_FALSE(world()->host().empty());
  const double before = world()->wtime();
  CHECK(world()->wtime() >= before);
}

TEST_CASE("every rank gets every rank's text") {
  const auto text = [](int rank) { return std::string(static_cast<std::size_t>(rank) * 10'000, 'a'); };
  const auto texts = world()->all_gather(text(world()->rank()));
  REQUIRE(texts.size() == static_cast<std::size_t>(world()->size()));
  for (int rank = 0; rank < world()->size(); ++rank) {
    CHECK(texts[static_cast<std::size_t>(rank)] == text(rank));
  }
}

TEST_CASE("a segment and a packet of more than 2 GiB travel" * doctest::skip()) {
  constexpr std::size_t kBytes = (std::size_t{5} << 29) + 12'345;
  const auto mark = [](std::byte* data) {
    for (std::size_t at = 0; at < kBytes; at += 1'000'003) data[at] = static_cast<std::byte>(at % 251);
  };
  const auto is_marked = [](const std::byte* data) {
    for (std::size_t at = 0; at < kBytes; at += 1'000'003) {
      if (data[at] != static_cast<std::byte>(at % 251)) return false;
    }
    return true;
  };
  const auto endpoint = world()->make_endpoint();
  Member self(*endpoint);
  if (endpoint->address() == 0 && endpoint->size() > 1) {
    auto memory = std::make_shared<std::vector<std::byte>>(kBytes);
    mark(memory->data());
    Packet packet;
    mark(packet.bytes.extend(kBytes));
    packet.segments = {{memory->data(), memory->size()}};
    packet.transfer = 1;
    packet.keeps = std::move(memory);
    endpoint->send(1, std::move(packet));
    // The packet's beginning may have left.
    CHECK(endpoint->unsent_bytes(1) >= 2 * kBytes - MpiOptions{}.short_packet_bytes);
    CHECK(endpoint->unsent_bytes(1) <= 2 * kBytes);
  } else if (endpoint->address() == 1) {
    const detail::ByteBuffer bytes = self.next(0);
    CHECK(bytes.size() == kBytes);
    CHECK(is_marked(bytes.data()));
    CHECK(is_marked(self.receive(0, 1, kBytes).data()));
  }
  self.meet();
}

}  // namespace
}  // namespace cohort::transport

int main(int argc, char** argv) {
  using cohort::transport::ThreadLevel;
  const bool funneled = argc > 1 && std::string_view(argv[1]) == "funneled";
  cohort::transport::MpiWorld started(funneled ? ThreadLevel::funneled : ThreadLevel::serialized);
  cohort::transport::world() = &started;
  doctest::Context context(argc, argv);
  if (started.rank() != 0) context.setOption("minimal", true);
  const int failed = context.run();
  // The others may wait for this rank.
  if (failed != 0) started.abort(failed);
  return failed;
}
