#pragma once

#include <string_view>

/// Whether bytes that come in pieces are UTF-8 (Unicode 15, table 3-7: no surrogates, nothing too long or too large).
class Utf8Check {
 public:
  void feed(std::string_view bytes);
  /// True if all that was fed is UTF-8 and its last character is complete.
  bool holds() const { return valid_ && missing_bytes_ == 0; }

 private:
  void start_character(unsigned char first);

  bool valid_ = true;
  int missing_bytes_ = 0;  ///< of the character that has begun
  unsigned char low_ = 0;  ///< the next byte must be within [low_, high_]
  unsigned char high_ = 0;
};
