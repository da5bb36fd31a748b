#include "options.hpp"

#include <boost/program_options.hpp>
#include <sstream>

namespace po = boost::program_options;

namespace {

const std::vector<std::string> kDefaultPaths = {"/usr/share/common-licenses", "/usr/share/doc"};

po::options_description visible_options() {
  po::options_description options("Flags");
  options.add_options()                                                                 //
      ("help", "print this and end")                                                    //
      ("top", po::value<long>()->default_value(20)->value_name("N"), "words to list");  //
  return options;
}

po::variables_map parse(int argc, char** argv) try {
  po::options_description all = visible_options();
  all.add_options()("path", po::value<std::vector<std::string>>()->default_value(kDefaultPaths, ""));
  po::positional_options_description positional;
  positional.add("path", -1);
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv).options(all).positional(positional).run(), values);
  return values;
} catch (const po::error& error) {
  throw WrongUse(error.what());
}

}  // namespace

Options read_options(int argc, char** argv) {
  const po::variables_map values = parse(argc, argv);

  const long top = values["top"].as<long>();
  if (top < 1) throw WrongUse("--top needs a number of words, 1 or more");
  const auto& paths = values["path"].as<std::vector<std::string>>();
  return {.paths = {paths.begin(), paths.end()},
          .top_count = static_cast<std::size_t>(top),
          .help = values.count("help") != 0};
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
       << visible_options() << "\nFor the runtime's own flags: --cohort-help\n";
  return text.str();
}
