#include "options.hpp"

#include <sstream>

#include "flags/flags.hpp"

namespace {

const std::vector<std::string> kDefaultPaths = {"/usr/share/common-licenses", "/usr/share/doc"};

FlagList all_flags() {
  FlagList flags;
  flags.add_number("top", 20, "words to list").take_rest(kDefaultPaths);
  return flags;
}

}  // namespace

Options read_options(int argc, char** argv) {
  const Flags flags = all_flags().parse(argc, argv);
  const std::vector<std::string> paths = flags.rest();
  return {.paths = {paths.begin(), paths.end()},
          .top_count = static_cast<std::size_t>(flags.number("top", 1)),
          .help = flags.is_given("help")};
}

std::string help_text() {
  std::ostringstream text;
  text << "word_count [flags] [file or folder…]\n"
          "Counts the words of text files on all workers and lists the most frequent ones.\n\n"
          "Without paths it reads "
       << kDefaultPaths[0] << " and " << kDefaultPaths[1]
       << ".\n"
          "Folders are read at any depth; links in them are passed over, and so are files with a NUL byte in their\n"
          "first 8192 bytes. A word is a run of the letters A-Z and a-z, in lower case. Where all files are text, the "
          "list is\n"
          "what these give:\n"
          "  export LC_ALL=C\n"
          "  grep -rhaoE '[A-Za-z]+' PATH… | tr A-Z a-z | sort | uniq -c | sort -k1,1nr -k2 | head -n 20\n\n"
          "Exit code: 0; 1 if nothing could be read; 2 for a wrong flag or path.\n\n"
       << all_flags().description() << "\nFor the runtime's own flags: --cohort-help\n";
  return text.str();
}
