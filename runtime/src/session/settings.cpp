#include "session/settings.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <boost/version.hpp>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include "cohort/types.hpp"
#include "session/duration.hpp"
#include "session/nearest_name.hpp"

namespace cohort::session {
namespace {

namespace options = boost::program_options;

constexpr std::string_view kPrefix = "--cohort-";

/// A value and where it came from, for messages: "--cohort-threads=x", "COHORT_THREADS=x", "threads = x in run.conf".
struct Given {
  std::string value;
  std::string source;
};

int to_int(const Given& given, int at_least) {
  int number = 0;
  const char* end = given.value.data() + given.value.size();
  const auto [stopped, error] = std::from_chars(given.value.data(), end, number);
  if (error != std::errc() || stopped != end || number < at_least) {
    throw UsageError(given.source + ": needs a whole number, " + std::to_string(at_least) + " or more");
  }
  return number;
}

/// Milliseconds too, since a sample may be short.
std::chrono::nanoseconds to_sample_time(const Given& given) {
  std::chrono::nanoseconds time{};
  if (given.value.ends_with("ms")) {
    time = std::chrono::milliseconds(to_int({given.value.substr(0, given.value.size() - 2), given.source}, 1));
  } else {
    time = parse_duration(given.value).value_or(std::chrono::seconds(0));
  }
  if (time > std::chrono::nanoseconds::zero() && time <= std::chrono::hours(24)) return time;
  throw UsageError(given.source + ": needs a time of at most a day, as 500ms, 2s, 1m");
}

std::chrono::nanoseconds to_duration(const Given& given) {
  if (const auto duration = parse_duration(given.value)) return *duration;
  throw UsageError(
      given.source +
      ": needs a time: minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S as Slurm takes them, or with units, as 90s, "
      "10m, 2h");
}

bool to_bool(const Given& given) {
  for (const char* yes : {"1", "true", "yes", "on"}) {
    if (given.value == yes) return true;
  }
  for (const char* no : {"0", "false", "no", "off"}) {
    if (given.value == no) return false;
  }
  throw UsageError(given.source + ": needs true or false");
}

Bind to_bind(const Given& given) {
  if (given.value == "auto") return Bind::automatic;
  if (given.value == "cores") return Bind::cores;
  if (given.value == "none") return Bind::none;
  throw UsageError(given.source + ": there are auto, cores and none");
}

struct Setting {
  std::string_view name;
  /// What stands for the value in the help; empty: a flag alone, which means true.
  std::string_view value_name;
  std::string_view description;
  /// May also come from the environment, and from a file.
  bool from_environment;
  bool from_file;
  void (*set)(Settings&, const Given&);
};

/// The one place where a new setting is added.
constexpr Setting kSettings[] = {
    {"threads", "N", "slots of each worker (default 0: the cores it may use, divided among the ranks that share them)",
     true, true, [](Settings& s, const Given& given) { s.threads = to_int(given, 0); }},
    {"rank0-threads", "N", "slots of rank 0, beside the body and the scheduler; needs MPI_THREAD_MULTIPLE (default 0)",
     true, true, [](Settings& s, const Given& given) { s.rank0_threads = to_int(given, 0); }},
    {"one-thread", "", "run each rank on one thread alone (default false)", true, true,
     [](Settings& s, const Given& given) { s.one_thread = to_bool(given); }},
    {"time-limit", "TIME",
     "end the run in time, with exit code 85 if work is left: so long after its start, or, unless said, at the end of "
     "the Slurm job; minutes, H:M:S, D-H, 90s, 2h; 0: no limit",
     true, true, [](Settings& s, const Given& given) { s.time_limit = to_duration(given); }},
    {"grace", "TIME",
     "so long before the time limit, only what is expected to end in time is started (default: a tenth of the time "
     "there is, at most 60s)",
     true, true, [](Settings& s, const Given& given) { s.grace = to_duration(given); }},
    {"bind", "HOW",
     "bind slots to CPUs: auto, to cores of their own if the run fills the machine or was given a part of it; cores, "
     "wherever there are enough; none (default auto)",
     true, true, [](Settings& s, const Given& given) { s.bind = to_bind(given); }},
    {"hyperthreads", "", "count hyperthreads as cores (default false)", true, true,
     [](Settings& s, const Given& given) { s.hyperthreads = to_bool(given); }},
    {"shared-memory", "YES|NO",
     "share memory with ranks of the same node: they map large values instead of getting a copy, and short messages go "
     "through it; no: all goes through MPI (default yes)",
     true, true, [](Settings& s, const Given& given) { s.shared_memory = to_bool(given); }},
    {"show-binding", "", "print which CPUs each slot may use (default false)", true, true,
     [](Settings& s, const Given& given) { s.show_binding = to_bool(given); }},
    {"chunk-elements", "N",
     "elements of each chunk of a collection, where the program leaves it to Cohort (default 0: measured on the first "
     "chunks)",
     true, true, [](Settings& s, const Given& given) { s.chunk_elements = to_int(given, 0); }},
    {"sample", "FILE",
     "run a sample of the tasks only, write what it tells to FILE, as JSON in one line, and leave with exit code 86; "
     "cohort-run --tune does so",
     true, false, [](Settings& s, const Given& given) { s.sample = given.value; }},
    {"sample-time", "TIME", "how long a sample takes, once the run has settled: 500ms, 2s, 1m (default 2s)", true,
     false, [](Settings& s, const Given& given) { s.sample_time = to_sample_time(given); }},
    {"sample-like", "FILE", "let the sample do as much work as that of FILE, instead of taking its time", true, false,
     [](Settings& s, const Given& given) { s.sample_like = given.value; }},
    {"doctor", "",
     "check how the run was started and print what was found, instead of running the program; exit code 3 if something "
     "is wrong",
     false, false, [](Settings& s, const Given& given) { s.doctor = to_bool(given); }},
    {"config", "FILE", "file with settings, one `name = value` a line (default: none)", true, false,
     [](Settings& s, const Given& given) { s.config = given.value; }},
    {"help", "", "print this and end", false, false, [](Settings& s, const Given& given) { s.help = to_bool(given); }},
    {"version", "", "print Cohort's version and end", false, false,
     [](Settings& s, const Given& given) { s.version = to_bool(given); }},
};

const Setting* find_setting(std::string_view name) {
  const auto* found = std::find_if(std::begin(kSettings), std::end(kSettings), [&](auto& s) { return s.name == name; });
  return found != std::end(kSettings) ? found : nullptr;
}

std::string environment_name(const Setting& setting) {
  std::string name = "COHORT_";
  for (const char c : setting.name) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

const Setting& known_flag(const std::string& flag) {
  const std::string_view name = std::string_view(flag).substr(kPrefix.size());
  if (const Setting* setting = find_setting(name)) return *setting;
  std::vector<std::string> names;
  for (const Setting& setting : kSettings) names.emplace_back(setting.name);
  const auto nearest = nearest_name(name, names);
  throw UsageError(flag + ": no such flag; " +
                   (nearest ? "did you mean " + std::string(kPrefix) + *nearest + "? " : "") +
                   "--cohort-help lists all flags");
}

struct Flag {
  const Setting* setting;
  Given given;
};

/// The flag that starts at argv[at]; moves `at` on to its last argument.
Flag read_flag(int argc, char** argv, int& at) {
  const std::string argument = argv[at];
  const std::size_t equals = argument.find('=');
  const std::string flag = argument.substr(0, equals);
  const Setting& setting = known_flag(flag);
  if (equals != std::string::npos) return {&setting, {argument.substr(equals + 1), argument}};
  if (setting.value_name.empty()) return {&setting, {"true", argument}};
  if (at + 1 >= argc || std::string_view(argv[at + 1]).starts_with("--")) {
    throw UsageError(flag + ": needs a value, as in " + flag + "=" + std::string(setting.value_name));
  }
  const std::string value = argv[++at];
  return {&setting, {value, flag + " " + value}};
}

/// Takes the flags out of the arguments, which stay as they are when one of them is wrong.
std::vector<Flag> take_flags(int& argc, char** argv) {
  std::vector<Flag> flags;
  std::vector<char*> others;
  bool ended = false;
  for (int at = 0; at < argc; ++at) {
    const std::string_view argument = argv[at];
    ended = ended || (at > 0 && argument == "--");
    if (at > 0 && !ended && argument.starts_with(kPrefix)) {
      flags.push_back(read_flag(argc, argv, at));
    } else {
      others.push_back(argv[at]);
    }
  }
  if (flags.empty()) return flags;
  std::copy(others.begin(), others.end(), argv);
  argc = static_cast<int>(others.size());
  argv[argc] = nullptr;
  return flags;
}

void read_environment(Settings& settings, const Environment& environment) {
  for (const Setting& setting : kSettings) {
    if (!setting.from_environment) continue;
    const std::string name = environment_name(setting);
    const auto value = environment(name);
    if (value && !value->empty()) setting.set(settings, {*value, name + "=" + *value});
  }
}

void read_file(Settings& settings, const std::filesystem::path& path) {
  const std::string where = "settings file " + path.string();
  std::ifstream file(path);
  std::error_code unreadable;
  if (!file || std::filesystem::is_directory(path, unreadable)) {
    throw UsageError(where + ": cannot be read; check --cohort-config or COHORT_CONFIG");
  }
  options::options_description known;
  std::string names;
  for (const Setting& setting : kSettings) {
    if (!setting.from_file) continue;
    const std::string name(setting.name);
    known.add_options()(name.c_str(), options::value<std::string>());
    names += (names.empty() ? "" : ", ") + name;
  }
  try {
    for (const auto& option : options::parse_config_file(file, known, true).options) {
      if (option.unregistered)
        throw UsageError(where + ": no setting is called " + option.string_key + "; there are: " + names);
      const std::string value = option.value.empty() ? "" : option.value.front();
      find_setting(option.string_key)->set(settings, {value, where + ": " + option.string_key + " = " + value});
    }
  } catch (const options::error& error) {
    throw UsageError(where + ": " + error.what() + "; each line is `name = value`");
  }
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

Settings read_settings(int& argc, char**& argv, const Environment& environment) {
  const std::vector<Flag> flags = take_flags(argc, argv);
  Settings upper;  // what flags and environment say, to learn of the file first
  read_environment(upper, environment);
  for (const auto& [setting, given] : flags) setting->set(upper, given);
  if (!upper.config || upper.help || upper.version) return upper;

  Settings settings;
  read_file(settings, *upper.config);
  read_environment(settings, environment);
  for (const auto& [setting, given] : flags) setting->set(settings, given);
  return settings;
}

std::string help_text() {
  options::options_description flags("Cohort's flags", 120, 80);
  for (const Setting& setting : kSettings) {
    const std::string name = std::string(kPrefix.substr(2)) + std::string(setting.name);
    std::string description(setting.description);
    if (setting.from_environment) description += "\n" + environment_name(setting) + " in the environment";
    if (setting.from_file) description += ", " + std::string(setting.name) + " in the file";
    if (setting.value_name.empty()) {
      flags.add_options()(name.c_str(), description.c_str());
    } else {
      flags.add_options()(name.c_str(), options::value<std::string>()->value_name(std::string(setting.value_name)),
                          description.c_str());
    }
  }
  std::ostringstream text;
  text
      << flags
      << "A flag goes before the environment, the environment before the file. Flags after -- are the program's own.\n";
  return text.str();
}

std::string version_text() {
  std::ostringstream text;
  text << "cohort " COHORT_VERSION << (COHORT_WITH_MPI != 0 ? ", with MPI" : ", without MPI") << ", built with "
#ifdef __clang__
       << "clang " __clang_version__
#else
       << "g++ " __VERSION__
#endif
       << " and Boost " << BOOST_VERSION / 100000 << '.' << BOOST_VERSION / 100 % 1000;
  return text.str();
}

}  // namespace cohort::session
