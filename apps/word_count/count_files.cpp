#include "count_files.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "utf8_check.hpp"

namespace {

constexpr std::size_t kLookedAtForText = 8192;
constexpr std::size_t kBlockBytes = 64 * 1024;

/// For each byte the letter in lower case, or 0 if it is none.
constexpr std::array<char, 256> kLetters = [] {
  std::array<char, 256> letters{};
  for (char c = 'a'; c <= 'z'; ++c) {
    letters[static_cast<unsigned char>(c)] = c;
    letters[static_cast<unsigned char>(c - 'a' + 'A')] = c;
  }
  return letters;
}();

/// Puts the words of one file into a tally; its bytes come in pieces.
class WordCounter {
 public:
  explicit WordCounter(Tally& tally) : tally_(tally) {}

  void feed(std::string_view bytes) {
    for (const char c : bytes) {
      if (const char letter = kLetters[static_cast<unsigned char>(c)]) {
        word_ += letter;
      } else {
        end_word();
      }
    }
  }
  void end_word() {
    if (!word_.empty()) ++tally_.words[word_];
    word_.clear();
  }

 private:
  Tally& tally_;
  std::string word_;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

void add_unreadable(const std::filesystem::path& path, int error, Tally& tally) {
  tally.unreadable.add(path.string() + " (" + std::generic_category().message(error) + ")");
}

void count_file(const std::filesystem::path& path, Tally& tally) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return add_unreadable(path, errno, tally);

  WordCounter words(tally);
  Utf8Check utf8;
  std::uint64_t file_bytes = 0;
  std::array<char, kBlockBytes> block;
  while (const std::size_t block_bytes = std::fread(block.data(), 1, block.size(), file.get())) {
    const std::string_view bytes(block.data(), block_bytes);
    if (file_bytes == 0 && bytes.substr(0, kLookedAtForText).find('\0') != std::string_view::npos) {
      return tally.not_text.add(path.string());
    }
    words.feed(bytes);
    utf8.feed(bytes);
    file_bytes += block_bytes;
  }
  const int error = std::ferror(file.get()) != 0 ? errno : 0;
  words.end_word();
  tally.bytes += file_bytes;
  if (error != 0) return add_unreadable(path, error, tally);

  ++tally.files;
  if (file_bytes == 0) tally.empty.add(path.string());
  if (!utf8.holds()) tally.not_utf8.add(path.string());
}

}  // namespace

Tally count_files(const std::vector<std::filesystem::path>& files) {
  Tally tally;
  for (const std::filesystem::path& file : files) count_file(file, tally);
  return tally;
}
