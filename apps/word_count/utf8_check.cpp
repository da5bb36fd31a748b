#include "utf8_check.hpp"

void Utf8Check::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (missing_bytes_ == 0) {
      if (byte >= 0x80) start_character(byte);
    } else {
      valid_ = valid_ && low_ <= byte && byte <= high_;
      --missing_bytes_;
      low_ = 0x80;
      high_ = 0xBF;
    }
    if (!valid_) return;
  }
}

void Utf8Check::start_character(unsigned char first) {
  valid_ = 0xC2 <= first && first <= 0xF4;
  missing_bytes_ = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  low_ = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  high_ = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
}
