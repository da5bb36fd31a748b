#include <cstdint>
#include <cstdlib>
#include <span>

#include "wire/messages.hpp"

/// Any bytes as a packet: read or refused; what was read is written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace cohort;
  wire::MessageSlots messages;
  wire::MessageSlots again;
  try {
    wire::Reader reader(std::as_bytes(std::span(bytes, size)));
    while (const wire::Message* const message = reader.next(messages)) {
      detail::ByteBuffer packet;
      std::visit([&](const auto& each) { wire::append(packet, each); }, *message);
      wire::Reader own(packet.view());
      const wire::Message* const read = own.next(again);
      if (read == nullptr || *read != *message || own.next(again) != nullptr) std::abort();
    }
  } catch (const detail::DecodeError&) {
    return 0;
  }
  return 0;
}
