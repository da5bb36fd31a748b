#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "tally.hpp"

/// The files to count.
struct FileList {
  struct Entry {
    std::filesystem::path path;  ///< absolute
    std::uint64_t bytes = 0;
  };

  std::vector<Entry> files;
  FileGroup unreadable_folders;  ///< each with the reason

  std::uint64_t bytes() const;
};

/// The regular files among `paths` and in the folders among them, at any depth. Links are followed if they are among
/// `paths`, and passed over within folders, as `grep -r` does it.
/// throws  WrongUse: a path is neither a file nor a folder.
FileList list_files(const std::vector<std::filesystem::path>& paths);

/// The files of `list` in batches of about `batch_bytes`, or more for a single large file; the largest files come
/// first.
std::vector<std::vector<std::filesystem::path>> make_batches(FileList list, std::uint64_t batch_bytes);
