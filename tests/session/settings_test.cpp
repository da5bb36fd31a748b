#include "session/settings.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "cohort/types.hpp"
#include "session/nearest_name.hpp"

namespace {

using cohort::UsageError;
using cohort::session::Settings;

/// A command line and an environment, as a program is started with.
class Start {
 public:
  explicit Start(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {})
      : texts_(std::move(arguments)), environment_(std::move(environment)) {
    texts_.insert(texts_.begin(), "program");
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
    argc_ = static_cast<int>(texts_.size());
    argv_ = pointers_.data();
  }

  Settings read() {
    return cohort::session::read_settings(argc_, argv_, [&](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      return found != environment_.end() ? std::optional(found->second) : std::nullopt;
    });
  }
  /// What read() threw.
  std::string complaint() {
    try {
      read();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }
  /// The arguments after the program's name.
  std::vector<std::string> left() const {
    CHECK(argv_[argc_] == nullptr);
    return {argv_ + 1, argv_ + argc_};
  }

 private:
  std::vector<std::string> texts_;
  std::map<std::string, std::string> environment_;
  std::vector<char*> pointers_;
  int argc_ = 0;
  char** argv_ = nullptr;
};

/// A file that is there as long as the object.
class SettingsFile {
 public:
  explicit SettingsFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / ("cohort-settings-" + std::to_string(getpid()))) {
    std::ofstream(path_) << text;
  }
  SettingsFile(const SettingsFile&) = delete;
  SettingsFile& operator=(const SettingsFile&) = delete;
  ~SettingsFile() { std::filesystem::remove(path_); }
  std::string name() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("without anything said, everything has its default") {
  Start start({"input", "-v"});
  CHECK(start.read() == Settings{});
  CHECK(start.left() == Words{"input", "-v"});
}

TEST_CASE("Cohort's flags are taken out, in both spellings, and the rest keeps its order") {
  Start equals({"a", "--cohort-threads=8", "--other=1", "b"});
  CHECK(equals.read().threads == 8);
  CHECK(equals.left() == Words{"a", "--other=1", "b"});

  Start space({"a", "--cohort-threads", "8", "b", "--cohort-one-thread"});
  const Settings settings = space.read();
  CHECK(settings.threads == 8);
  CHECK(settings.one_thread);
  CHECK(space.left() == Words{"a", "b"});
}

TEST_CASE("what stands after -- is the program's own") {
  Start start({"--cohort-threads=2", "--", "--cohort-threads=8", "--cohort-nonsense"});
  CHECK(start.read().threads == 2);
  CHECK(start.left() == Words{"--", "--cohort-threads=8", "--cohort-nonsense"});
}

TEST_CASE("an empty command line is read") {
  int argc = 0;
  char* none = nullptr;
  char** argv = &none;
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  CHECK(cohort::session::read_settings(argc, argv, nothing) == Settings{});
}

TEST_CASE("a flag goes before the environment, the environment before the file") {
  const SettingsFile file("# how we run\nthreads = 2\none-thread = yes\n");
  const std::string flag = "--cohort-config=" + file.name();

  Settings settings = Start({flag}).read();
  CHECK(settings.threads == 2);
  CHECK(settings.one_thread);
  CHECK(settings.config == file.name());
  CHECK(Start({flag}, {{"COHORT_THREADS", "3"}}).read().threads == 3);
  CHECK(Start({flag, "--cohort-threads=4"}, {{"COHORT_THREADS", "3"}}).read().threads == 4);
  CHECK(Start({}, {{"COHORT_CONFIG", file.name()}}).read().threads == 2);
  CHECK_FALSE(Start({flag}, {{"COHORT_ONE_THREAD", "0"}}).read().one_thread);
}

TEST_CASE("of a flag given twice the last one holds") {
  CHECK(Start({"--cohort-threads=2", "--cohort-threads=5"}).read().threads == 5);
}

TEST_CASE("times are read as Slurm writes them, and with units") {
  using namespace std::chrono_literals;
  CHECK(Start({"--cohort-time-limit=1:30:00"}).read().time_limit == 90min);
  CHECK(Start({}, {{"COHORT_TIME_LIMIT", "0"}, {"COHORT_GRACE", "90s"}}).read().time_limit == 0s);
  CHECK(Start({}, {{"COHORT_GRACE", "90s"}}).read().grace == 90s);
  CHECK(Start({}).read().time_limit == std::nullopt);
  CHECK(Start({"--cohort-grace=soon"}).complaint().starts_with("--cohort-grace=soon: needs a time: minutes, "));
}

TEST_CASE("a sample may be short") {
  using namespace std::chrono_literals;
  const std::string mend = ": needs a time of at most a day, as 500ms, 2s, 1m";
  CHECK(Start({}).read().sample_time == 2s);
  CHECK(Start({"--cohort-sample-time=250ms"}).read().sample_time == 250ms);
  CHECK(Start({}, {{"COHORT_SAMPLE_TIME", "1m"}, {"COHORT_SAMPLE", "s.json"}}).read().sample_time == 1min);
  CHECK(Start({}, {{"COHORT_SAMPLE", "s.json"}}).read().sample == "s.json");
  CHECK(Start({"--cohort-sample-time=0s"}).complaint() == "--cohort-sample-time=0s" + mend);
  CHECK(Start({"--cohort-sample-time=soon"}).complaint() == "--cohort-sample-time=soon" + mend);
  CHECK(Start({"--cohort-sample-time=2d"}).complaint() == "--cohort-sample-time=2d" + mend);
  CHECK(Start({"--cohort-chunk-elements=1000"}).read().chunk_elements == 1000);
}

TEST_CASE("an empty environment variable counts as not set") {
  CHECK(Start({}, {{"COHORT_THREADS", ""}}).read().threads == 0);
}

TEST_CASE("an unknown flag is an error that names the nearest one, and nothing is taken out") {
  Start start({"--cohort-one-thread", "--cohort-thread=8"});
  CHECK(start.complaint() ==
        "--cohort-thread: no such flag; did you mean --cohort-threads? --cohort-help lists all flags");
  CHECK(start.left() == Words{"--cohort-one-thread", "--cohort-thread=8"});
  CHECK(Start({"--cohort-"}).complaint() == "--cohort-: no such flag; --cohort-help lists all flags");
}

TEST_CASE("a value that cannot be is an error that says where it came from") {
  const std::string mend = ": needs a whole number, 0 or more";
  CHECK(Start({"--cohort-threads=many"}).complaint() == "--cohort-threads=many" + mend);
  CHECK(Start({"--cohort-threads="}).complaint() == "--cohort-threads=" + mend);
  CHECK(Start({"--cohort-threads", "-1"}).complaint() == "--cohort-threads -1" + mend);
  CHECK(Start({"--cohort-threads=8x"}).complaint() == "--cohort-threads=8x" + mend);
  CHECK(Start({"--cohort-threads=99999999999"}).complaint() == "--cohort-threads=99999999999" + mend);
  CHECK(Start({}, {{"COHORT_THREADS", "2.5"}}).complaint() == "COHORT_THREADS=2.5" + mend);
  CHECK(Start({"--cohort-one-thread=maybe"}).complaint() == "--cohort-one-thread=maybe: needs true or false");
}

TEST_CASE("how slots are bound is one of three words") {
  CHECK(Start({}).read().bind == cohort::session::Bind::automatic);
  CHECK(Start({"--cohort-bind=cores"}).read().bind == cohort::session::Bind::cores);
  CHECK(Start({}, {{"COHORT_BIND", "none"}}).read().bind == cohort::session::Bind::none);
  CHECK(Start({"--cohort-bind=socket"}).complaint() == "--cohort-bind=socket: there are auto, cores and none");
  const Settings settings = Start({"--cohort-hyperthreads", "--cohort-show-binding", "--cohort-doctor"}).read();
  CHECK(settings.hyperthreads);
  CHECK(settings.show_binding);
  CHECK(settings.doctor);
  CHECK_FALSE(Start({}, {{"COHORT_DOCTOR", "1"}}).read().doctor);
}

TEST_CASE("large values are shared within a node unless that is called off") {
  CHECK(Start({}).read().shared_memory);
  CHECK_FALSE(Start({"--cohort-shared-memory=no"}).read().shared_memory);
  CHECK_FALSE(Start({}, {{"COHORT_SHARED_MEMORY", "off"}}).read().shared_memory);
}

TEST_CASE("a flag without its value is an error") {
  const std::string sentence = "--cohort-threads: needs a value, as in --cohort-threads=N";
  CHECK(Start({"--cohort-threads"}).complaint() == sentence);
  CHECK(Start({"--cohort-threads", "--cohort-one-thread"}).complaint() == sentence);
}

TEST_CASE("a file that cannot be read, or holds what cannot be, is an error that names it") {
  CHECK(Start({"--cohort-config=/no/such/file"}).complaint() ==
        "settings file /no/such/file: cannot be read; check --cohort-config or COHORT_CONFIG");
  CHECK(Start({"--cohort-config=/"}).complaint() ==
        "settings file /: cannot be read; check --cohort-config or COHORT_CONFIG");
  const auto complaint = [](const std::string& text) {
    const SettingsFile file(text);
    const std::string said = Start({"--cohort-config", file.name()}).complaint();
    CHECK(said.starts_with("settings file " + file.name() + ": "));
    return said.substr(said.find(": ") + 2);
  };
  CHECK(complaint("treads = 8\n") ==
        "no setting is called treads; there are: threads, rank0-threads, one-thread, time-limit, grace, bind, "
        "hyperthreads, shared-memory, "
        "show-binding, chunk-elements");
  CHECK(complaint("threads = some\n") == "threads = some: needs a whole number, 0 or more");
  CHECK(complaint("eight threads\n").ends_with("; each line is `name = value`"));
}

TEST_CASE("help and version are asked for by flags, whatever else is said") {
  CHECK(Start({"--cohort-help", "--cohort-config=/no/such/file"}).read().help);
  CHECK(Start({"--cohort-version"}).read().version);
  CHECK_FALSE(Start({}, {{"COHORT_HELP", "1"}}).read().help);
}

TEST_CASE("the help lists every flag, its environment variable and its default") {
  const std::string text = cohort::session::help_text();
  for (const char* part : {"--cohort-threads N", "COHORT_THREADS", "default 0", "--cohort-one-thread", "default false",
                           "--cohort-config FILE", "--cohort-help", "--cohort-version"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(cohort::session::version_text().starts_with("cohort "));
}

TEST_CASE("the nearest name is one that could have been meant") {
  const Words names = {"threads", "one-thread", "config"};
  CHECK(cohort::session::nearest_name("treads", names) == "threads");
  CHECK(cohort::session::nearest_name("cofnig", names) == "config");
  CHECK(cohort::session::nearest_name("colour", names) == std::nullopt);
}
