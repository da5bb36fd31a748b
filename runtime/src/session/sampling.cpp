#include "session/sampling.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <locale>
#include <map>
#include <sstream>

#include "base/peak_memory.hpp"
#include "session/clock.hpp"
#include "session/signals.hpp"

namespace cohort::session {

namespace {

constexpr std::string_view kKindsKey = "\"kinds\":[";

/// Takes a number off the front of `text`, and the one letter after it.
template <class Number>
bool take(std::string_view& text, Number& number, char after) {
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stopped == text.data() + text.size() || *stopped != after) return false;
  text.remove_prefix(static_cast<std::size_t>(stopped - text.data()) + 1);
  return true;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

SampledMemory add_up_memory(const std::string& host, std::uint64_t mine,
                            const std::vector<detail::WorkerInfo>& others) {
  std::map<std::string, std::uint64_t> by_host{{host, mine}};
  for (const detail::WorkerInfo& other : others) by_host[other.host] += other.peak_resident_bytes;
  SampledMemory memory;
  for (const auto& [name, bytes] : by_host) {
    memory.on_one_host = std::max(memory.on_one_host, bytes);
    memory.on_all += bytes;
  }
  return memory;
}

std::string to_json(const detail::SampleReport& report, const SampledMemory& memory, std::chrono::nanoseconds began) {
  const double work = static_cast<double>(report.work.count()) / 1e9;
  const double elements_per_second = work > 0 ? static_cast<double>(report.elements) * report.speed / work : 0;
  std::ostringstream text;
  text.imbue(std::locale::classic());  // the program may have set another
  text.precision(9);
  text << "{\"ended\":" << (report.ended ? "true" : "false") << ",\"tasks\":" << report.tasks
       << ",\"elements\":" << report.elements << ",\"began_ns\":" << began.count()
       << ",\"elapsed_ns\":" << report.elapsed.count() << ",\"once_ns\":" << report.once.count()
       << ",\"work_ns\":" << report.work.count() << ",\"speed\":" << report.speed
       << ",\"elements_per_second\":" << elements_per_second << ",\"chunk_elements\":" << report.chunk_elements
       << ",\"chunked\":" << report.chunked << ",\"memory_on_one_host\":" << memory.on_one_host
       << ",\"memory\":" << memory.on_all << ',' << kKindsKey;
  const char* comma = "";
  for (const auto& [code, kind] : report.kinds) {
    text << comma << '[' << code << ',' << kind.elements << ',' << kind.busy.count() << ']';
    comma = ",";
  }
  text << "]}";
  return text.str();
}

std::optional<detail::SampledKinds> kinds_in(std::string_view json) {
  const std::size_t at = json.find(kKindsKey);
  if (at == json.npos) return std::nullopt;
  json.remove_prefix(at + kKindsKey.size());
  detail::SampledKinds kinds;
  while (json.starts_with('[')) {
    json.remove_prefix(1);
    std::uint64_t code = 0;
    detail::SampledKind kind;
    base::Time::rep busy = 0;
    if (!take(json, code, ',') || !take(json, kind.elements, ',') || !take(json, busy, ']')) return std::nullopt;
    kind.busy = base::Time(busy);
    kinds[code] = kind;
    if (json.starts_with(',')) json.remove_prefix(1);
  }
  if (!json.starts_with(']') || kinds.empty()) return std::nullopt;
  return kinds;
}

Sampling::Sampling(const Settings& settings)
    : file_(settings.sample.value_or("")),
      like_(settings.sample_like),
      plan_{.began = steady_now(), .time = settings.sample_time},
      began_(std::chrono::system_clock::now().time_since_epoch()) {}

std::optional<detail::SamplePlan> Sampling::plan(base::Time ahead) const {
  if (!is_asked_for()) {
    if (!like_) return std::nullopt;
    throw UsageError("--cohort-sample-like: there is no sample to be like that one: add --cohort-sample=FILE");
  }
  detail::SamplePlan plan = plan_;
  plan.began += ahead;
  if (!like_) return plan;
  plan.like = kinds_in(content_of(*like_));
  if (!plan.like) {
    throw UsageError("--cohort-sample-like: " + like_->string() +
                     " is no file that --cohort-sample has written, or tells of no task");
  }
  return plan;
}

void Sampling::write(detail::Core& core, const std::string& host) const {
  const SampledMemory memory = add_up_memory(host, base::peak_resident_bytes(), core.other_workers());
  std::ofstream file(file_);
  file << to_json(core.end_sample(), memory, began_) << '\n';
  file.close();
  if (!file) say("cohort: --cohort-sample: " + file_.string() + " cannot be written");
}

}  // namespace cohort::session
