/// Counts words: files are read where the workers are, counts stay there and are merged in a tree, and only the most
/// frequent words come home.

#include <algorithm>
#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "count_files.hpp"
#include "file_list.hpp"
#include "flags/flags.hpp"
#include "options.hpp"
#include "tally.hpp"

namespace {

constexpr std::uint64_t kMinBatchBytes = 1 << 20;  // about ten milliseconds of work
constexpr std::uint64_t kBatchesPerSlot = 8;

Summary count_words(cohort::Client& client, FileList list, std::size_t top_count) {
  const auto slots = static_cast<std::uint64_t>(client.slot_count());
  const std::uint64_t batch_bytes = std::max(kMinBatchBytes, list.bytes() / (slots * kBatchesPerSlot));

  const auto batches = make_batches(std::move(list), batch_bytes);
  if (batches.empty()) return {};
  // Nobody keeps the future of all words, so summarize is given them, and not a copy.
  return client.submit(summarize, client.map(count_files, batches, {1}).reduce(merge), top_count).result();
}

/// File names may hold anything; what would disturb a terminal is shown as '?'.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

void print(const char* what, std::uint64_t number) {
  std::printf("%-14s %13llu\n", what, static_cast<unsigned long long>(number));
}

void print(const char* what, const FileGroup& files) {
  if (files.count == 0) return;
  print(what, files.count);
  for (const std::string& name : files.examples) std::printf("  %s\n", printable(name).c_str());
  if (files.count > files.examples.size()) std::printf("  …\n");
}

void print(const Summary& summary, std::chrono::duration<double> time, const cohort::Client& client) {
  const Tally& files = summary.files;
  print("files", files.files);
  print("bytes", files.bytes);
  print("words", summary.word_count);
  print("distinct words", summary.distinct_word_count);
  print("empty", files.empty);
  print("not UTF-8", files.not_utf8);
  print("not text", files.not_text);
  print("unreadable", files.unreadable);
  std::printf("%-14s %13.3f s (workers: %d, slots: %d)\n\n", "time", time.count(), client.worker_count(),
              client.slot_count());
  // As `uniq -c` prints it.
  for (const WordCount& entry : summary.top) {
    std::printf("%7llu %s\n", static_cast<unsigned long long>(entry.count), entry.word.c_str());
  }
}

int count_and_print(cohort::Client& client, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  FileList list = list_files(options.paths);
  FileGroup unreadable_folders = std::move(list.unreadable_folders);
  Summary summary = count_words(client, std::move(list), options.top_count);
  summary.files.unreadable.add(std::move(unreadable_folders));
  print(summary, std::chrono::steady_clock::now() - start, client);
  if (summary.files.files > 0) return 0;
  std::fprintf(stderr, "word_count: there was nothing to count\n");
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  return cohort::run(argc, argv, [&](cohort::Client& client) {
    try {
      const Options options = read_options(argc, argv);
      if (!options.help) return count_and_print(client, options);
      std::printf("%s", help_text().c_str());
      return 0;
    } catch (const WrongUse& wrong) {
      std::fprintf(stderr, "word_count: %s (see --help)\n", wrong.what());
      return 2;
    }
  });
}
