#include "case.hpp"

#include <cstdlib>
#include <utility>

#include "measure.hpp"

namespace bench {

Bench::Bench(int argc, char** argv, int rank, int ranks, const Settings& settings)
    : argc_(argc), argv_(argv), rank_(rank), ranks_(ranks), settings_(settings) {}

std::vector<std::uint64_t> Bench::sizes(const std::vector<std::uint64_t>& sizes, std::uint64_t standard) const {
  const std::uint64_t largest = settings_.largest_size != 0 ? settings_.largest_size : standard;
  std::vector<std::uint64_t> chosen;
  for (const std::uint64_t size : sizes) {
    if (size <= largest) chosen.push_back(size);
  }
  if (chosen.empty()) chosen.push_back(sizes.front());
  return chosen;
}

void Bench::compare(const std::string& case_name, std::uint64_t size, const std::string& unit, int repetitions,
                    const std::vector<Contender>& contenders) {
  std::vector<PartsContender> whole;
  for (const Contender& contender : contenders) {
    whole.push_back({contender.system, [&contender] { return std::vector{contender.once()}; }});
  }
  compare_parts({case_name}, size, unit, repetitions, whole);
}

void Bench::compare_parts(const std::vector<std::string>& case_names, std::uint64_t size, const std::string& unit,
                          int repetitions, const std::vector<PartsContender>& contenders) {
  if (settings_.repetitions != 0) repetitions = settings_.repetitions;
  std::vector<std::vector<std::vector<double>>> values(contenders.size());  // runs of each
  for (int i = -1; i < repetitions; ++i) {
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      std::vector<double> parts = contenders[c].once();
      if (i >= 0) values[c].push_back(std::move(parts));
    }
  }
  if (rank_ != 0) return;
  for (std::size_t part = 0; part < case_names.size(); ++part) {
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      Measurement measurement{case_names[part], contenders[c].system, ranks_, threads_, size, {}, unit, {}, {}};
      for (const std::vector<double>& parts : values[c]) measurement.values.push_back(parts[part]);
      if (c != 0) {
        const Measurement& reference = measurements_[measurements_.size() - c];
        measurement.reference = reference.system;
        measurement.ratio = median(measurement.values) / median(reference.values);
      }
      measurements_.push_back(std::move(measurement));
    }
  }
}

double Bench::in_cohort(const std::function<double(cohort::Client&)>& body, std::string flag) {
  double value = 0;
  std::vector<char*> arguments(argv_, argv_ + argc_);
  if (!flag.empty()) arguments.push_back(flag.data());
  auto argc = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  char** argv = arguments.data();
  const int code = cohort::run(argc, argv, [&](cohort::Client& client) {
    threads_ = client.slot_count() / client.worker_count();
    value = body(client);
  });
  if (code != 0) std::exit(code);
  return value;
}

double Bench::in_local_cohort(int threads, const std::function<double(cohort::Client&)>& body) {
  cohort::Client client = cohort::local({.threads = threads});
  threads_ = client.slot_count();
  return body(client);
}

}  // namespace bench
