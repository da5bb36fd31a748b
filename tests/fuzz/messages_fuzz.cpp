#include <cstdint>
#include <cstdlib>
#include <span>

#include "wire/messages.hpp"

/// Any bytes as a packet: read or refused; what was read is written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace cohort;
  wire::Message message;
  wire::Message again;
  try {
    wire::Reader reader(std::as_bytes(std::span(bytes, size)));
    while (reader.next(message)) {
      detail::ByteBuffer packet;
      std::visit([&](const auto& each) { wire::append(packet, each); }, message);
      wire::Reader own(packet.view());
      if (!own.next(again) || again != message || own.next(again)) std::abort();
    }
  } catch (const detail::DecodeError&) {
    return 0;
  }
  return 0;
}
