#include "session/rank_facts.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "session/control_group.hpp"

namespace cohort::session {
namespace {

std::string machine_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

template <class Number>
std::optional<Number> positive(const std::optional<std::string>& text) {
  Number number = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc() && number > 0 ? std::optional(number) : std::nullopt;
}

/// Slurm tells it in MiB; 0: all of the node.
std::optional<std::uint64_t> slurm_memory(const Environment& environment) {
  if (const auto node = positive<std::uint64_t>(environment("SLURM_MEM_PER_NODE"))) return *node << 20U;
  const auto each = positive<std::uint64_t>(environment("SLURM_MEM_PER_CPU"));
  const auto cpus = positive<std::uint64_t>(environment("SLURM_CPUS_ON_NODE"));
  return each && cpus ? std::optional((*each * *cpus) << 20U) : std::nullopt;
}

/// Tries it: root may write where nobody can, a full disk may be written by nobody.
std::string fault_of_folder(const std::string& folder) {
  std::string name = folder + "/cohort-XXXXXX";
  const int file = ::mkstemp(name.data());
  if (file < 0) return std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): at start
  const bool written = ::write(file, "x", 1) == 1;
  const std::string fault = written ? "" : std::strerror(errno);  // NOLINT(concurrency-mt-unsafe)
  ::close(file);
  ::unlink(name.c_str());
  return fault;
}

/// One line for each fact, in the order of the struct.
class Lines {
 public:
  explicit Lines(const std::string& text) : text_(text) {}
  std::string next() {
    std::string line;
    std::getline(text_, line);
    return line;
  }
  template <class Number>
  std::optional<Number> number() {
    std::istringstream line(next());
    Number number{};
    return line >> number ? std::optional(number) : std::nullopt;
  }
  bool flag() { return number<int>() == 1; }
  CpuSet cpus() {
    std::istringstream line(next());
    CpuSet set;
    for (int cpu = 0; line >> cpu;) set.push_back(cpu);
    return set;
  }

 private:
  std::istringstream text_;
};

void write(std::ostream& text, const CpuSet& cpus) {
  for (const int cpu : cpus) text << cpu << ' ';
  text << '\n';
}
template <class T>
void write(std::ostream& text, const std::optional<T>& value) {
  if (value) text << *value;
  text << '\n';
}

}  // namespace

RankFacts read_facts(const Topology& topology, const Environment& environment) {
  RankFacts facts;
  facts.machine = machine_id();
  facts.cpus = bound_cpus();
  facts.cores = one_of_each_core(topology, facts.cpus);
  facts.machine_cpus = topology.size();
  facts.cpu_quota = cpu_quota();
  facts.threads_of_tasks = positive<int>(environment("OMP_NUM_THREADS"));
  for (const char* name : {"OMPI_MCA_rmaps_base_oversubscribe", "SLURM_OVERCOMMIT"}) {
    const auto value = environment(name);
    facts.may_oversubscribe = facts.may_oversubscribe || (value && *value != "0");
  }
  facts.memory_bytes = memory_limit();
  if (const auto slurm = slurm_memory(environment)) {
    facts.memory_bytes = std::min(*slurm, facts.memory_bytes.value_or(*slurm));
  }
  facts.scratch = environment("TMPDIR").value_or("/tmp");
  return facts;
}

void look_at_scratch(RankFacts& facts) { facts.scratch_fault = fault_of_folder(facts.scratch); }

std::string to_text(const RankFacts& facts) {
  std::ostringstream text;
  const Settings& settings = facts.settings;
  text << facts.host << '\n' << facts.machine << '\n' << settings.threads << '\n' << settings.rank0_threads << '\n';
  text << static_cast<int>(settings.bind) << '\n' << settings.hyperthreads << '\n';
  text << settings.one_thread << '\n' << settings.show_binding << '\n' << settings.doctor << '\n';
  write(text, facts.cpus);
  write(text, facts.cores);
  text << facts.machine_cpus << '\n';
  write(text, facts.cpu_quota);
  write(text, facts.threads_of_tasks);
  text << facts.may_oversubscribe << '\n' << facts.one_thread << '\n' << facts.many_threads << '\n';
  write(text, facts.memory_bytes);
  text << facts.scratch << '\n' << facts.scratch_fault << '\n';
  return text.str();
}

RankFacts facts_from(const std::string& text) {
  Lines lines(text);
  RankFacts facts;
  facts.host = lines.next();
  facts.machine = lines.next();
  facts.settings.threads = lines.number<int>().value_or(0);
  facts.settings.rank0_threads = lines.number<int>().value_or(0);
  facts.settings.bind = static_cast<Bind>(lines.number<int>().value_or(0));
  facts.settings.hyperthreads = lines.flag();
  facts.settings.one_thread = lines.flag();
  facts.settings.show_binding = lines.flag();
  facts.settings.doctor = lines.flag();
  facts.cpus = lines.cpus();
  facts.cores = lines.cpus();
  facts.machine_cpus = lines.number<std::size_t>().value_or(0);
  facts.cpu_quota = lines.number<double>();
  facts.threads_of_tasks = lines.number<int>();
  facts.may_oversubscribe = lines.flag();
  facts.one_thread = lines.flag();
  facts.many_threads = lines.flag();
  facts.memory_bytes = lines.number<std::uint64_t>();
  facts.scratch = lines.next();
  facts.scratch_fault = lines.next();
  return facts;
}

}  // namespace cohort::session
