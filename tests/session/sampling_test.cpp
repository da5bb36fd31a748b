#include "session/sampling.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

namespace {

using namespace std::chrono_literals;
using cohort::UsageError;
using cohort::detail::SampledKinds;
using cohort::detail::SampleReport;
using cohort::detail::WorkerInfo;
using cohort::session::add_up_memory;
using cohort::session::kinds_in;
using cohort::session::SampledMemory;
using cohort::session::Sampling;
using cohort::session::Settings;
using cohort::session::to_json;

std::string complaint(const Settings& settings) {
  try {
    Sampling(settings).plan({});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

WorkerInfo worker(const char* host, std::uint64_t peak_resident_bytes) {
  WorkerInfo info;
  info.host = host;
  info.peak_resident_bytes = peak_resident_bytes;
  return info;
}

}  // namespace

TEST_CASE("a sample is written as one line of JSON, and its kinds are read from it") {
  SampleReport report;
  report.tasks = 3;
  report.elements = 12;
  report.elapsed = 2500ms;
  report.once = 500ms;
  report.work = 4s;
  report.speed = 2;
  report.chunk_elements = 4;
  report.chunked = 0.5;
  report.kinds = {{7, {.elements = 2, .busy = 3s}}, {1ULL << 48, {.elements = 10, .busy = 1s}}};
  const std::string json = to_json(report, {.on_one_host = 100, .on_all = 150}, 9ns);
  CHECK(json == R"({"ended":false,"tasks":3,"elements":12,"began_ns":9,"elapsed_ns":2500000000,"once_ns":500000000,)"
                R"("work_ns":4000000000,"speed":2,"elements_per_second":6,"chunk_elements":4,"chunked":0.5,)"
                R"("memory_on_one_host":100,"memory":150,"kinds":[[7,2,3000000000],[281474976710656,10,1000000000]]})");
  CHECK(kinds_in(json) == report.kinds);
}

TEST_CASE("what is no such line tells of no kinds") {
  for (const char* text : {"", "{}", "\"kinds\":[", "\"kinds\":[]}", "\"kinds\":[[1,2]]}", "\"kinds\":[[1,2,3]",
                           "\"kinds\":[[1,2,x]]}", "\"kinds\":[[1,2,3"}) {
    CAPTURE(text);
    CHECK_FALSE(kinds_in(text));
  }
}

TEST_CASE("the memory of a host is that of its ranks together") {
  const std::vector<WorkerInfo> others{worker("b", 30), worker("a", 5), worker("b", 20)};
  CHECK(add_up_memory("a", 10, others) == SampledMemory{.on_one_host = 50, .on_all = 65});
  CHECK(add_up_memory("a", 10, {}) == SampledMemory{.on_one_host = 10, .on_all = 10});
}

TEST_CASE("without being asked for there is no sample") { CHECK_FALSE(Sampling({}).plan({})); }

TEST_CASE("a sample that is to be like another needs that one") {
  Settings settings;
  settings.sample_like = "/nowhere/like.json";
  CHECK(complaint(settings) ==
        "--cohort-sample-like: there is no sample to be like that one: add --cohort-sample=FILE");
  settings.sample = "/nowhere/sample.json";
  CHECK(complaint(settings) ==
        "--cohort-sample-like: /nowhere/like.json is no file that --cohort-sample has written, or tells of no task");

  const auto path = std::filesystem::temp_directory_path() / ("cohort-sample-" + std::to_string(getpid()));
  std::ofstream(path) << "{\"kinds\":[[1,2,3]]}\n";
  settings.sample_like = path;
  settings.sample_time = 5s;
  const auto plan = Sampling(settings).plan(1h);
  std::filesystem::remove(path);
  REQUIRE(plan);
  CHECK(plan->time == 5s);
  CHECK(plan->like == SampledKinds{{1, {.elements = 2, .busy = 3ns}}});
}
