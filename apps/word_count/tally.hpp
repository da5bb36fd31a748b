#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

/// How many files there are of one kind, with the first few names.
struct FileGroup {
  std::uint64_t count = 0;
  std::vector<std::string> examples;  ///< the first in alphabetical order, at most kMaxExamples

  static constexpr std::size_t kMaxExamples = 3;

  void add(std::string name);
  void add(FileGroup other);

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& count& examples;
  }
};

/// What was found in files that have been read.
struct Tally {
  std::unordered_map<std::string, std::uint64_t> words;
  std::uint64_t files = 0;  ///< text files, the empty ones too
  std::uint64_t bytes = 0;  ///< in them
  FileGroup empty;
  FileGroup not_utf8;    ///< counted nevertheless
  FileGroup not_text;    ///< passed over
  FileGroup unreadable;  ///< each with the reason

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& words& files& bytes& empty& not_utf8& not_text& unreadable;
  }
};

/// Both together. Takes them by value: tallies that nobody else needs are moved in, not copied.
Tally merge(Tally a, Tally b);

struct WordCount {
  std::string word;
  std::uint64_t count = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& word& count;
  }
};

/// What of a tally is worth bringing home.
struct Summary {
  std::vector<WordCount>
      top;  ///< the most frequent words, the most frequent first; of equal ones in alphabetical order
  std::uint64_t word_count = 0;
  std::uint64_t distinct_word_count = 0;
  Tally files;  ///< without its words

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& top& word_count& distinct_word_count& files;
  }
};

Summary summarize(Tally tally, std::size_t top_count);
