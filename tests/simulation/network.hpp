#pragma once

#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "wire/messages.hpp"

namespace cohort::simulation {

using wire::Address;

/// Channels between members. What one member sends to another arrives in order, each message as the bytes that really
/// travel; how long it takes is for the driver to say. What is sent to a dead member vanishes.
class Network {
 public:
  struct Channel {
    Address from = 0;
    Address to = 0;
    bool operator<(const Channel& other) const { return std::pair(from, to) < std::pair(other.from, other.to); }
  };

  template <class M>
  void send(Address from, Address to, const M& message) {
    if (dead_.count(to) > 0 || dead_.count(from) > 0) return;
    detail::ByteBuffer packet;
    wire::append(packet, message);
    channels_[{from, to}].push_back(std::move(packet));
    ++sent_;
  }
  /// Channels with something in them.
  std::vector<Channel> waiting() const {
    std::vector<Channel> found;
    for (const auto& [channel, packets] : channels_) {
      if (!packets.empty()) found.push_back(channel);
    }
    return found;
  }
  bool waits(Channel channel) const { return !channels_.at(channel).empty(); }
  wire::Message receive(Channel channel) {
    auto& packets = channels_.at(channel);
    wire::Message message = *wire::Reader(packets.front().view()).next(messages_);
    packets.pop_front();
    return message;
  }
  /// Sends nothing more and gets nothing more; what it has sent may still arrive.
  void kill(Address member) {
    dead_[member] = true;
    for (auto& [channel, packets] : channels_) {
      if (channel.to == member) packets.clear();
    }
  }
  void clear(Channel channel) { channels_[channel].clear(); }
  std::size_t sent() const { return sent_; }

 private:
  std::map<Channel, std::deque<detail::ByteBuffer>> channels_;
  wire::MessageSlots messages_;
  std::map<Address, bool> dead_;
  std::size_t sent_ = 0;
};

}  // namespace cohort::simulation
