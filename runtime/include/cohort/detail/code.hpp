#pragma once

#include <cstdint>

namespace cohort::detail {

/// An address in the program's image (a function or a static object), as it travels: which module and how far into it.
/// 0 is the null pointer.
struct CodeAddress {
  std::uint64_t bits = 0;  ///< module number + 1 in the upper 16 bits, offset in the lower 48

  bool operator==(const CodeAddress&) const = default;
};

/// Translates addresses in the image. One for each session; used from several threads at once.
class CodeMap {
 public:
  virtual ~CodeMap() = default;
  /// Throws UsageError when `address` lies in no loaded module.
  virtual CodeAddress to_code(const void* address) = 0;
  /// Throws DecodeError when the module is not loaded here, or the offset lies outside it.
  virtual const void* from_code(CodeAddress code) = 0;
};

}  // namespace cohort::detail
