#pragma once

#include <filesystem>
#include <vector>

#include "tally.hpp"

/// Counts the words of text files.
///
/// A word is a run of the letters A-Z and a-z within one file, in lower case; all other bytes separate words, UTF-8 or
/// not. A file with a NUL byte in its first 8192 bytes is not text and is passed over. Of a file that fails while it is
/// read, what came before counts.
Tally count_files(const std::vector<std::filesystem::path>& files);
