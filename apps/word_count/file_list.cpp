#include "file_list.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <system_error>
#include <utility>

#include "flags/flags.hpp"
#include "options.hpp"

namespace fs = std::filesystem;

namespace {

/// What opening a file costs, in bytes that could be counted meanwhile.
constexpr std::uint64_t kBytesPerOpen = 4096;

std::uint64_t cost_bytes(const FileList::Entry& file) { return file.bytes + kBytesPerOpen; }

void add_file(const fs::directory_entry& entry, FileList& list) {
  std::error_code gone;  // then its reader will report it
  const std::uintmax_t bytes = entry.file_size(gone);
  list.files.push_back({entry.path(), gone ? 0 : bytes});
}

void add_folder(const fs::path& top, FileList& list) {
  std::vector<fs::path> folders = {top};
  while (!folders.empty()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code gone;
      const fs::file_type type = entry->symlink_status(gone).type();
      if (type == fs::file_type::directory) folders.push_back(entry->path());
      if (type == fs::file_type::regular) add_file(*entry, list);
    }
    if (error) list.unreadable_folders.add(folder.string() + " (" + error.message() + ")");
  }
}

}  // namespace

std::uint64_t FileList::bytes() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Entry& file) { return sum + file.bytes; });
}

FileList list_files(const std::vector<fs::path>& paths) {
  FileList list;
  for (const fs::path& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) {
      add_folder(fs::absolute(path), list);
    } else if (fs::is_regular_file(status)) {
      add_file(fs::directory_entry(fs::absolute(path)), list);
    } else {
      const std::string reason = error ? error.message() : "neither a file nor a folder";
      throw WrongUse("cannot count '" + path.string() + "': " + reason);
    }
  }
  return list;
}

std::vector<std::vector<fs::path>> make_batches(FileList list, std::uint64_t batch_bytes) {
  std::ranges::sort(list.files, [](const FileList::Entry& a, const FileList::Entry& b) { return a.bytes > b.bytes; });
  std::vector<std::vector<fs::path>> batches;
  std::uint64_t room = 0;  // in the last batch
  for (FileList::Entry& file : list.files) {
    if (batches.empty() || cost_bytes(file) > room) {
      batches.emplace_back();
      room = batch_bytes;
    }
    room -= std::min(room, cost_bytes(file));
    batches.back().push_back(std::move(file.path));
  }
  return batches;
}
