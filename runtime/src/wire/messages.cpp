#include "wire/messages.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include "wire/fields.hpp"

namespace cohort::wire {
namespace {

using detail::DecodeError;
using detail::SmallBytes;

/// Travels as it lies in memory: any bytes are a value of it, and none is padding.
template <class T>
constexpr bool kRaw =
    std::is_trivially_copyable_v<T>&& std::has_unique_object_representations_v<T> && !std::is_same_v<T, bool> &&
    !std::is_pointer_v<T> && (!std::is_enum_v<T> || std::is_same_v<T, std::byte>);

/// They hold a pointer to what travels.
template <>
constexpr bool kRaw<AssignCallView> = false;
template <>
constexpr bool kRaw<SmallValueIsView> = false;
template <>
constexpr bool kRaw<DoneWithSmallView> = false;

/// All of it travels, but not every byte is a value of it.
template <class T>
constexpr bool kChecked = std::is_same_v<T, bool> || (std::is_enum_v<T> && !kRaw<T>);

template <class T>
constexpr bool kVector = false;
template <class T>
constexpr bool kVector<std::vector<T>> = true;
template <class T>
constexpr bool kOptional = false;
template <class T>
constexpr bool kOptional<std::optional<T>> = true;

template <class T>
struct LengthOf {
  using type = std::uint32_t;
};
template <>
struct LengthOf<detail::SmallBytes> {
  using type = std::uint64_t;
};
template <class T>
using Length = typename LengthOf<T>::type;

/// Fewest bytes a field can take.
template <class T>
constexpr std::size_t least_bytes() {
  if constexpr (kRaw<T> || kChecked<T>) {
    return sizeof(T);
  } else if constexpr (kOptional<T>) {
    return 1;
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, SmallBytes> || kVector<T>) {
    return sizeof(Length<T>);
  } else {
    return []<class... F>(std::type_identity<std::tuple<F&...>>) {
      return (least_bytes<F>() + ... + 0);
    }(std::type_identity<decltype(fields(std::declval<T&>()))>{});
  }
}

template <class T>
std::size_t bytes_of(const T& field) {
  if constexpr (std::is_pointer_v<T>) {
    return bytes_of(*field);
  } else if constexpr (kRaw<T> || kChecked<T>) {
    return sizeof(T);
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, SmallBytes>) {
    return sizeof(Length<T>) + field.size();
  } else if constexpr (kVector<T>) {
    std::size_t sum = sizeof(Length<T>);
    if constexpr (kRaw<typename T::value_type>) {
      sum += field.size() * sizeof(typename T::value_type);
    } else {
      for (const auto& element : field) sum += bytes_of(element);
    }
    return sum;
  } else if constexpr (kOptional<T>) {
    return 1 + (field ? bytes_of(*field) : 0);
  } else {
    return std::apply([](const auto&... each) { return (bytes_of(each) + ... + std::size_t{0}); }, fields(field));
  }
}

/// Writes to memory that is known to be large enough, and kSpareBytes larger.
class Writer {
 public:
  static constexpr std::size_t kSpareBytes = SmallBytes::kInline;

  explicit Writer(std::byte* to) : to_(to) {}

  template <class T>
  void put(const T& field) {
    if constexpr (std::is_pointer_v<T>) {
      put(*field);
    } else if constexpr (kRaw<T> || kChecked<T>) {
      copy(&field, sizeof(T));
    } else if constexpr (std::is_same_v<T, SmallBytes>) {
      put_length<T>(field.size());
      if (field.size() <= SmallBytes::kInline) {
        field.copy_inline(to_);  // what is written too much is written over
        to_ += field.size();
      } else {
        copy(field.data(), field.size());
      }
    } else if constexpr (std::is_same_v<T, std::string>) {
      put_length<T>(field.size());
      copy(field.data(), field.size());
    } else if constexpr (kVector<T>) {
      put_length<T>(field.size());
      if constexpr (kRaw<typename T::value_type>) {
        copy(field.data(), field.size() * sizeof(typename T::value_type));
      } else {
        for (const auto& element : field) put(element);
      }
    } else if constexpr (kOptional<T>) {
      put(field.has_value());
      if (field) put(*field);
    } else {
      std::apply([&](const auto&... each) { (put(each), ...); }, fields(field));
    }
  }

 private:
  template <class T>
  void put_length(std::size_t count) {
    if (count > std::numeric_limits<Length<T>>::max()) throw std::length_error("cohort: a field is too long");
    put(static_cast<Length<T>>(count));
  }
  void copy(const void* from, std::size_t count) {
    if (count != 0) std::memcpy(to_, from, count);
    to_ += count;
  }

  std::byte* to_;
};

/// Reads from bytes that need not be a message. What a field takes at least is accounted for where its struct begins,
/// so that only what comes on top, the content of strings and the like, is compared with what the packet still holds.
class Parser {
 public:
  explicit Parser(std::span<const std::byte> left) : at_(left.data()), spare_(left.size()) {}
  /// What was not read; between two structs only.
  std::span<const std::byte> left() const { return {at_, spare_}; }

  /// The number that tells what follows.
  std::uint8_t get_kind(std::uint8_t largest) {
    account(sizeof(std::uint8_t));
    return get_number<std::uint8_t>(largest);
  }
  template <class T>
  void get(T& field) {
    account(least_bytes<T>());
    get_accounted(field);
  }

 private:
  template <class T>
  void get_accounted(T& field) {
    if constexpr (kRaw<T>) {
      copy(&field, sizeof(T));
    } else if constexpr (std::is_same_v<T, bool>) {
      field = get_number<std::uint8_t>(1) != 0;
    } else if constexpr (kChecked<T>) {
      using Number = std::underlying_type_t<T>;
      field = static_cast<T>(get_number<Number>(static_cast<Number>(last_of(T{}))));
    } else if constexpr (std::is_same_v<T, std::string>) {
      const std::size_t count = get_length<T>(1);
      if (count == 0) return field.clear();
      field.assign(reinterpret_cast<const char*>(at_), count);
      at_ += count;
    } else if constexpr (std::is_same_v<T, SmallBytes>) {
      const std::size_t count = get_length<T>(1);
      // Whatever follows in the packet may be read, but is not taken.
      if (count <= SmallBytes::kInline && spare_ + count >= SmallBytes::kInline) {
        field.assign_inline(at_, count);
      } else {
        field.assign({at_, count});
      }
      at_ += count;
    } else if constexpr (kVector<T>) {
      get_vector(field);
    } else if constexpr (kOptional<T>) {
      bool present;
      get_accounted(present);
      if (!present) {
        field.reset();
      } else {
        if (!field) field.emplace();
        get(*field);
      }
    } else {
      std::apply([&](auto&... each) { (get_accounted(each), ...); }, fields(field));
    }
  }
  template <class T>
  void get_vector(std::vector<T>& field) {
    const std::size_t count = get_length<std::vector<T>>(least_bytes<T>());
    if (count == 0) return field.clear();
    field.resize(count);
    if constexpr (kRaw<T>) {
      copy(field.data(), count * sizeof(T));
    } else {
      for (T& element : field) get_accounted(element);
    }
  }
  template <class Number>
  Number get_number(Number largest) {
    Number number;
    copy(&number, sizeof(number));
    if (number > largest) throw DecodeError("a message holds a number that means nothing");
    return number;
  }
  /// A number of elements that the bytes that are left can hold; what they take at least is accounted for.
  template <class T>
  std::size_t get_length(std::size_t least_element_bytes) {
    Length<T> count;
    copy(&count, sizeof(count));
    if (count > spare_ / least_element_bytes) throw DecodeError("a message is longer than its packet");
    spare_ -= count * least_element_bytes;
    return static_cast<std::size_t>(count);
  }
  void account(std::size_t count) {
    if (count > spare_) throw DecodeError("a packet ends within a message");
    spare_ -= count;
  }
  void copy(void* into, std::size_t count) {
    std::memcpy(into, at_, count);
    at_ += count;
  }

  const std::byte* at_;
  std::size_t spare_;  ///< bytes of the packet beyond what is accounted for
};

/// `message` is of this kind. Returns the parser behind it. By value: it then lives in registers, where no write can
/// change it.
template <std::size_t kIndex>
Parser get_message(Parser parser, Message& message) {
  parser.get(*std::get_if<kIndex>(&message));
  return parser;
}

constexpr std::size_t kKinds = std::variant_size_v<Message>;
static_assert(kKinds <= 256);

constexpr auto kGet = []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
  return std::array{&get_message<kIndex>...};
}
(std::make_index_sequence<kKinds>());

template <class M, std::size_t kIndex = 0>
constexpr std::uint8_t kind_of() {
  if constexpr (std::is_same_v<M, AssignView>) {
    return kind_of<Assign>();
  } else if constexpr (std::is_same_v<M, AssignCallView>) {
    return kind_of<AssignCall>();
  } else if constexpr (std::is_same_v<M, SmallValueIsView>) {
    return kind_of<SmallValueIs>();
  } else if constexpr (std::is_same_v<M, DoneWithSmallView>) {
    return kind_of<DoneWithSmall>();
  } else if constexpr (std::is_same_v<M, std::variant_alternative_t<kIndex, Message>>) {
    return kIndex;
  } else {
    return kind_of<M, kIndex + 1>();
  }
}

}  // namespace

template <class M>
void append(detail::ByteBuffer& packet, const M& message) {
  Writer writer(packet.extend(1 + bytes_of(message), Writer::kSpareBytes));
  writer.put(kind_of<M>());
  writer.put(message);
}

MessageSlots::MessageSlots() {
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) { (messages_[kIndex].emplace<kIndex>(), ...); }
  (std::make_index_sequence<kKinds>());
}

Message* Reader::next(MessageSlots& slots) {
  if (left_.empty()) return nullptr;
  Parser parser(left_);
  const std::uint8_t kind = parser.get_kind(kKinds - 1);
  Message& message = slots.of_kind(kind);
  left_ = kGet[kind](parser, message).left();
  return &message;
}

template void append(detail::ByteBuffer&, const Assign&);
template void append(detail::ByteBuffer&, const AssignView&);
template void append(detail::ByteBuffer&, const AssignCall&);
template void append(detail::ByteBuffer&, const AssignCallView&);
template void append(detail::ByteBuffer&, const Release&);
template void append(detail::ByteBuffer&, const Recall&);
template void append(detail::ByteBuffer&, const Cancel&);
template void append(detail::ByteBuffer&, const Relocate&);
template void append(detail::ByteBuffer&, const Hold&);
template void append(detail::ByteBuffer&, const Fetch&);
template void append(detail::ByteBuffer&, const Unfetch&);
template void append(detail::ByteBuffer&, const ValueIs&);
template void append(detail::ByteBuffer&, const Done&);
template void append(detail::ByteBuffer&, const Recalled&);
template void append(detail::ByteBuffer&, const Started&);
template void append(detail::ByteBuffer&, const Held&);
template void append(detail::ByteBuffer&, const Call&);
template void append(detail::ByteBuffer&, const CallDone&);
template void append(detail::ByteBuffer&, const ModuleIs&);
template void append(detail::ByteBuffer&, const Hello&);
template void append(detail::ByteBuffer&, const Stop&);
template void append(detail::ByteBuffer&, const Stopped&);
template void append(detail::ByteBuffer&, const Alarm&);
template void append(detail::ByteBuffer&, const Report&);
template void append(detail::ByteBuffer&, const Resend&);
template void append(detail::ByteBuffer&, const SmallValueIs&);
template void append(detail::ByteBuffer&, const SmallValueIsView&);
template void append(detail::ByteBuffer&, const DoneWithSmall&);
template void append(detail::ByteBuffer&, const DoneWithSmallView&);

}  // namespace cohort::wire
