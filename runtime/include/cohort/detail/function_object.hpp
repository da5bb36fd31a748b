#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "cohort/detail/codec.hpp"
#include "cohort/detail/stack_bounds.hpp"
#include "cohort/detail/value_type.hpp"
#include "cohort/transferable.hpp"
#include "cohort/types.hpp"

/// How a callable travels: functions and member functions by their place in the image, the state of function objects by
/// value. The type itself needs no bytes: it is part of the TaskType, which travels by address.
namespace cohort::detail {

template <class F>
inline constexpr bool is_function_pointer = std::is_pointer_v<F>&& std::is_function_v<std::remove_pointer_t<F>>;

template <class F>
inline constexpr bool is_std_function = false;
template <class S>
inline constexpr bool is_std_function<std::function<S>> = true;

/// Its own `serialize` says how it travels.
template <class F>
inline constexpr bool serialized_function_object =
    std::is_class_v<F> && !is_std_function<F> && Transferable<F> && !bitwise<F>;

/// It travels as the bytes it consists of.
template <class F>
inline constexpr bool bitwise_function_object =
    std::is_class_v<F>&& std::is_trivially_copyable_v<F> && !is_reference_wrapper<F> && !serialized_function_object<F>;

/// What `require_function_object` asks for.
template <class F>
inline constexpr bool function_object_travels = is_function_pointer<F> || std::is_member_pointer_v<F> ||
                                                bitwise_function_object<F> || serialized_function_object<F>;

/// Compiles only if F (decayed) can travel; otherwise the message says what to do.
template <class F>
constexpr void require_function_object() {
  constexpr bool is_class = std::is_class_v<F>;
  static_assert(!is_std_function<F>,
                "cohort: a std::function cannot travel to another rank. Pass the function, lambda or function object "
                "itself instead of wrapping it");
  static_assert(!is_reference_wrapper<F>,
                "cohort: a std::reference_wrapper cannot travel to another rank. Pass the function object itself");
  static_assert(is_class || is_function_pointer<F> || std::is_member_pointer_v<F>,
                "cohort: what is submitted must be a function, a pointer to a member, a lambda or a function object");
  static_assert(!is_class || is_std_function<F> || is_reference_wrapper<F> || function_object_travels<F>,
                "cohort: this lambda or function object cannot travel to another rank: it captures something that is "
                "not trivially copyable (a std::string, a std::vector, a Future ...). Do not capture it, pass it as an "
                "argument instead: submit([](const std::string& text) { ... }, text). Or give the class a serialize");
}

// --- bytes of a function object ---

/// The bytes of a function object with zeros where it has no value (padding keeps whatever lay on the stack before,
/// which may well be an address; compilers that cannot clear it may refuse a harmless closure for that).
template <class F>
std::array<std::byte, sizeof(F)> bytes_of_function_object(const F& f) {
  union Copy {  // an object of any type without running its constructor
    Copy() {}
    F object;
    std::byte bytes[sizeof(F)];
  } copy;
  std::memcpy(static_cast<void*>(&copy), static_cast<const void*>(std::addressof(f)), sizeof(F));
#if __has_builtin(__builtin_clear_padding)
  __builtin_clear_padding(std::addressof(copy.object));
#endif
  std::array<std::byte, sizeof(F)> bytes;
  std::memcpy(bytes.data(), static_cast<const void*>(&copy), sizeof(F));
  return bytes;
}

/// Throws UsageError when what `f` captured holds an address of the calling thread's stack.
template <class F>
void check_captures(const F& f) {
  if constexpr (bitwise_function_object<F> && !std::is_empty_v<F> && sizeof(F) >= sizeof(std::uintptr_t)) {
    const AddressRange stack = live_stack();
    const auto bytes = bytes_of_function_object(f);
    for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= sizeof(F); at += sizeof(std::uintptr_t)) {
      std::uintptr_t word;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      if (stack.contains(word)) [[unlikely]] {
        throw UsageError(
            "cohort: the function captures the address of a local variable, which means nothing on another rank: it "
            "captured by reference, or captured a pointer. Capture by value, or pass the object as an argument of "
            "submit");
      }
    }
  }
}

// --- pointers to member functions (Itanium C++ ABI 2.3; the ARM variant keeps the virtual bit in the adjustment) ---

struct MemberFunctionBits {
  std::uintptr_t pointer;  ///< address of the function, or of a virtual one: 1 + offset in the table (ARM: offset)
  std::ptrdiff_t adjustment;
};

#if defined(__aarch64__) || defined(__arm__)
inline constexpr bool kVirtualBitInAdjustment = true;
#else
inline constexpr bool kVirtualBitInAdjustment = false;
#endif

template <class F>
struct ClassOfMember;
template <class M, class C>
struct ClassOfMember<M C::*> {
  using type = C;
};

/// Whether a pointer of type F may be to a virtual function.
template <class F>
inline constexpr bool may_be_virtual = std::is_polymorphic_v<typename ClassOfMember<F>::type>;

inline bool is_virtual(const MemberFunctionBits& bits) {
  return kVirtualBitInAdjustment ? (bits.adjustment & 1) != 0 : (bits.pointer & 1) != 0;
}

/// `f`, ready to be called. g++ 12 warns at -O2 of a member function that might be virtual when the object is too small
/// to have a table; so say once more that it is not.
template <class F>
decltype(auto) callable(F& f) {
  if constexpr (!std::is_member_function_pointer_v<F>) {
    return (f);
  } else if constexpr (may_be_virtual<F>) {
    return (f);
  } else {
    auto bits = std::bit_cast<MemberFunctionBits>(f);
    if constexpr (kVirtualBitInAdjustment) {
      bits.adjustment &= ~std::ptrdiff_t{1};
    } else {
      bits.pointer &= ~std::uintptr_t{1};
    }
    return std::bit_cast<F>(bits);
  }
}

// --- encode, decode ---

/// Throws UsageError for a null pointer, and when the function is in no loaded module.
template <class F>
void encode_function(const F& f, Encoder& out) {
  if constexpr (std::is_pointer_v<F> || std::is_member_pointer_v<F>) {
    if (f == nullptr) throw UsageError("cohort: the function pointer that was submitted is null");
  }
  if constexpr (is_function_pointer<F>) {
    out.write_value(out.code().to_code(reinterpret_cast<const void*>(f)));
  } else if constexpr (std::is_member_function_pointer_v<F>) {
    const auto bits = std::bit_cast<MemberFunctionBits>(f);
    const bool by_table = is_virtual(bits);
    out.write_value(static_cast<std::uint8_t>(by_table));
    out.write_value(by_table ? std::uint64_t{bits.pointer}
                             : out.code().to_code(reinterpret_cast<const void*>(bits.pointer)).bits);
    out.write_value(static_cast<std::int64_t>(bits.adjustment));
  } else if constexpr (std::is_member_object_pointer_v<F>) {
    out.write_value(f);
  } else if constexpr (serialized_function_object<F>) {
    encode<F>(f, out);
  } else if constexpr (!std::is_empty_v<F>) {
    const auto bytes = bytes_of_function_object(f);
    out.write(bytes.data(), bytes.size());
  }
}

template <class F>
F decode_function(Decoder& in) {
  if constexpr (is_function_pointer<F>) {
    const void* address = in.code().from_code(in.read_value<CodeAddress>());
    if (address == nullptr) throw DecodeError("a function's address is null");
    return reinterpret_cast<F>(const_cast<void*>(address));
  } else if constexpr (std::is_member_function_pointer_v<F>) {
    const auto by_table = in.read_value<std::uint8_t>();
    const auto pointer = in.read_value<std::uint64_t>();
    const auto adjustment = in.read_value<std::int64_t>();
    if (by_table > (may_be_virtual<F> ? 1 : 0))
      throw DecodeError("a member function's kind is neither virtual nor plain");
    const MemberFunctionBits bits{by_table == 1
                                      ? static_cast<std::uintptr_t>(pointer)
                                      : reinterpret_cast<std::uintptr_t>(in.code().from_code(CodeAddress{pointer})),
                                  static_cast<std::ptrdiff_t>(adjustment)};
    if (is_virtual(bits) != (by_table == 1) || (by_table == 0 && bits.pointer == 0)) {
      throw DecodeError("a member function's address is none");
    }
    return std::bit_cast<F>(bits);
  } else if constexpr (std::is_member_object_pointer_v<F>) {
    return in.read_value<F>();
  } else if constexpr (serialized_function_object<F>) {
    return decode<F>(in);
  } else {
    union Storage {  // closures have no default constructor
      Storage() {}
      F object;
      std::byte bytes[sizeof(F)];
    } storage;
    if constexpr (!std::is_empty_v<F>) in.read(static_cast<void*>(&storage), sizeof(F));
    return std::move(storage.object);
  }
}

}  // namespace cohort::detail
