#include "session/duration.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using cohort::session::describe_duration;
using cohort::session::parse_duration;

TEST_CASE("durations are read as Slurm reads them") {
  CHECK(parse_duration("0") == 0s);
  CHECK(parse_duration("90") == 90min);
  CHECK(parse_duration("1:30") == 90s);
  CHECK(parse_duration("2:03:04") == 2h + 3min + 4s);
  CHECK(parse_duration("1-2") == 26h);
  CHECK(parse_duration("1-02:03") == 26h + 3min);
  CHECK(parse_duration("1-02:03:04") == 26h + 3min + 4s);
  CHECK(parse_duration("100:00") == 100min);
}

TEST_CASE("durations have units") {
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("10m") == 10min);
  CHECK(parse_duration("2h") == 2h);
  CHECK(parse_duration("3d") == 72h);
  CHECK(parse_duration("1h30m") == 90min);
}

TEST_CASE("what is no duration is none") {
  for (const char* text : {"",
                           " ",
                           "x",
                           "s",
                           "-",
                           "1-",
                           "-5",
                           ":",
                           "1:",
                           ":1",
                           "1:2:3:4",
                           "1-2-3",
                           "1.5h",
                           "5 m",
                           "5m3",
                           "1h:2",
                           "UNLIMITED",
                           "NOT_SET",
                           "99999999999999999999",
                           "9999999999999h",
                           "999999999-0",
                           "99999999999999:0"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("durations are told in two units at most") {
  CHECK(describe_duration(0s) == "0 s");
  CHECK(describe_duration(119s) == "119 s");
  CHECK(describe_duration(2min) == "2 min");
  CHECK(describe_duration(3h + 20min + 59s) == "3 h 20 min");
}
