#include "transport/mpi_endpoint.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "transport/check_send.hpp"
#include "transport/mpi_communicator.hpp"
#include "transport/mpi_inbound.hpp"
#include "transport/mpi_outbound.hpp"
#include "transport/mpi_tags.hpp"
#include "transport/node_channels.hpp"

namespace cohort::transport {
namespace {

MpiTags query_tags() {
  MpiTags tags;
  int* largest = nullptr;
  int found = 0;
  check_mpi(MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, static_cast<void*>(&largest), &found), "MPI_Comm_get_attr");
  if (found != 0) tags.largest = *largest;
  return tags;
}

class MpiEndpoint final : public Endpoint {
 public:
  MpiEndpoint(const Communicator& world, const MpiOptions& options, MpiTags tags,
              std::unique_ptr<NodeChannels> channels)
      : communicator_(world.get()),
        channels_(std::move(channels)),
        outbound_(communicator_, options, tags, *channels_),
        inbound_(communicator_, options, tags, *channels_),
        neighbours_(options.neighbours) {}

  ~MpiEndpoint() override {
    if (mpi_is_finalized()) return;
    const bool sent = outbound_.give_up();
    const bool received = inbound_.give_up();
    if (!sent || !received) communicator_.leave();
  }

  Address address() const override { return communicator_.rank(); }
  int size() const override { return communicator_.size(); }
  bool rings() const override { return false; }

  detail::ByteBuffer spare_buffer() override { return outbound_.spare_buffer(); }
  void send(Address to, Packet packet) override {
    check_peer(address(), size(), to);
    check_packet(packet);
    outbound_.send(to, std::move(packet));
  }
  bool send_copied(Address to, std::span<const std::byte> bytes) override {
    check_peer(address(), size(), to);
    return outbound_.send_copied(to, bytes);
  }
  std::uint64_t receive(Address from, TransferId transfer, detail::MutableSegment into) override {
    check_peer(address(), size(), from);
    return inbound_.receive(from, transfer, into);
  }
  bool poll(Sink& sink) override {
    const bool sent = outbound_.poll();
    return inbound_.poll(sink, !outbound_.idle()) || sent;
  }
  bool look_tells_all() const override {
    return channels_->everybody_writes_here() && inbound_.expects_packets_only() && outbound_.idle();
  }
  bool has_packet() const override { return channels_->has_packet(); }
  std::size_t unsent_bytes(Address to) const override {
    if (to == address()) return 0;
    check_peer(address(), size(), to);
    return outbound_.unsent_bytes(to);
  }
  bool shares_memory_with(Address to) const override {
    return std::binary_search(neighbours_.begin(), neighbours_.end(), to);
  }
  bool all_sent() override { return outbound_.all_sent(); }

 private:
  Communicator communicator_;
  const std::unique_ptr<NodeChannels> channels_;
  MpiOutbound outbound_;
  MpiInbound inbound_;
  const std::vector<Address> neighbours_;
};

}  // namespace

std::unique_ptr<Endpoint> make_mpi_endpoint(const Communicator& world, const MpiOptions& options,
                                            std::unique_ptr<NodeChannels> channels) {
  if (options.piece_bytes == 0 || options.piece_bytes > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw std::logic_error("piece_bytes must be 1 to INT_MAX");
  }
  if (options.short_packet_bytes == 0 || options.short_packet_bytes > options.piece_bytes) {
    throw std::logic_error("short_packet_bytes must be 1 to piece_bytes");
  }
  if (options.short_packet_bytes > RingBuffer::kLongest) {
    throw std::logic_error("short_packet_bytes must be RingBuffer::kLongest at most");
  }
  return std::make_unique<MpiEndpoint>(world, options, query_tags(), std::move(channels));
}

}  // namespace cohort::transport
