#include "tally.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace {

bool goes_first(const WordCount& a, const WordCount& b) {
  return a.count != b.count ? a.count > b.count : a.word < b.word;
}

}  // namespace

void FileGroup::add(std::string name) { add(FileGroup{1, {std::move(name)}}); }

void FileGroup::add(FileGroup other) {
  count += other.count;
  std::ranges::move(other.examples, std::back_inserter(examples));
  std::ranges::sort(examples);
  if (examples.size() > kMaxExamples) examples.resize(kMaxExamples);
}

Tally merge(Tally a, Tally b) {
  if (a.words.size() < b.words.size()) std::swap(a.words, b.words);
  for (const auto& [word, count] : b.words) a.words[word] += count;
  a.files += b.files;
  a.bytes += b.bytes;
  a.empty.add(std::move(b.empty));
  a.not_utf8.add(std::move(b.not_utf8));
  a.not_text.add(std::move(b.not_text));
  a.unreadable.add(std::move(b.unreadable));
  return a;
}

Summary summarize(Tally tally, std::size_t top_count) {
  Summary summary;
  std::vector<WordCount> all;
  all.reserve(tally.words.size());
  for (const auto& [word, count] : tally.words) {
    all.push_back({word, count});
    summary.word_count += count;
  }
  summary.distinct_word_count = all.size();
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(top_count, all.size()));
  std::partial_sort(all.begin(), end, all.end(), goes_first);
  summary.top.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(end));
  tally.words.clear();
  summary.files = std::move(tally);
  return summary;
}
