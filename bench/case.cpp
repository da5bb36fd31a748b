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
  if (settings_.repetitions != 0) repetitions = settings_.repetitions;
  std::vector<std::vector<double>> values(contenders.size());
  for (int i = -1; i < repetitions; ++i) {
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      const double value = contenders[c].once();
      if (i >= 0) values[c].push_back(value);
    }
  }
  if (rank_ != 0) return;
  const double reference = median(values[0]);
  for (std::size_t c = 0; c < contenders.size(); ++c) {
    Measurement measurement{case_name, contenders[c].system, ranks_, threads_, size, std::move(values[c]), unit, {},
                            {}};
    if (c != 0) {
      measurement.reference = contenders[0].system;
      measurement.ratio = median(measurement.values) / reference;
    }
    measurements_.push_back(std::move(measurement));
  }
}

double Bench::in_cohort(const std::function<double(cohort::Client&)>& body) {
  double value = 0;
  int argc = argc_;
  char** argv = argv_;
  const int code = cohort::run(argc, argv, [&](cohort::Client& client) {
    threads_ = client.slot_count() / client.worker_count();
    value = body(client);
  });
  if (code != 0) std::exit(code);
  return value;
}

}  // namespace bench
