#include "session/cpus.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <string>

#include "session/control_group.hpp"

namespace {

using cohort::session::CpuSet;

CpuSet cpus(int first, int count) {
  CpuSet set(static_cast<std::size_t>(count));
  std::iota(set.begin(), set.end(), first);
  return set;
}

/// Threads of every rank.
std::vector<int> shares(const std::vector<CpuSet>& ranks, std::optional<double> quota = std::nullopt) {
  std::vector<int> all;
  for (std::size_t i = 0; i < ranks.size(); ++i) all.push_back(cohort::session::default_threads(ranks, i, quota));
  return all;
}

/// A folder that stands in for "/", with the control groups of one process.
class Root {
 public:
  Root() : path_(std::filesystem::temp_directory_path() / ("cohort-cpus-" + std::to_string(getpid()))) {}
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root() { std::filesystem::remove_all(path_); }

  Root& write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return *this;
  }
  std::optional<double> quota() const { return cohort::session::cpu_quota(path_); }

 private:
  std::filesystem::path path_;
};

using Shares = std::vector<int>;

}  // namespace

TEST_CASE("a rank alone on its CPUs uses all of them") {
  CHECK(shares({cpus(0, 8)}) == Shares{8});
  CHECK(shares({cpus(0, 4), cpus(4, 4)}) == Shares{4, 4});
}

TEST_CASE("ranks that share CPUs divide them, and none is left over") {
  CHECK(shares({cpus(0, 8), cpus(0, 8)}) == Shares{4, 4});
  CHECK(shares({cpus(0, 8), cpus(0, 8), cpus(0, 8)}) == Shares{3, 3, 2});
}

TEST_CASE("a rank has one thread even where there are fewer CPUs than ranks") {
  CHECK(shares({cpus(0, 2), cpus(0, 2), cpus(0, 2), cpus(0, 2)}) == Shares{1, 1, 1, 1});
  CHECK(shares({CpuSet{}}) == Shares{1});
}

TEST_CASE("only the CPUs that are shared are divided") {
  CHECK(shares({cpus(0, 6), cpus(4, 6)}) == Shares{5, 5});  // 4 and 5 are shared
  CHECK(shares({cpus(0, 8), cpus(0, 2)}) == Shares{7, 1});
}

TEST_CASE("a quota is divided among the ranks, and never raises their share") {
  CHECK(shares({cpus(0, 8)}, 2.5) == Shares{2});
  CHECK(shares({cpus(0, 8)}, 0.5) == Shares{1});
  CHECK(shares({cpus(0, 8), cpus(0, 8)}, 5.0) == Shares{3, 2});
  CHECK(shares({cpus(0, 2)}, 64.0) == Shares{2});
}

TEST_CASE("the quota of version 2 is the least of a group's and those above it") {
  Root root;
  root.write("proc/self/cgroup", "0::/job/step\n");
  CHECK(root.quota() == std::nullopt);
  root.write("sys/fs/cgroup/job/step/cpu.max", "max 100000\n");
  CHECK(root.quota() == std::nullopt);
  root.write("sys/fs/cgroup/job/cpu.max", "150000 100000\n");
  CHECK(root.quota() == 1.5);
  root.write("sys/fs/cgroup/job/step/cpu.max", "400000 100000\n");
  CHECK(root.quota() == 1.5);
}

TEST_CASE("inside a container the quota stands at the mount itself") {
  Root root;
  root.write("proc/self/cgroup", "0::/docker/abc\n").write("sys/fs/cgroup/cpu.max", "300000 100000\n");
  CHECK(root.quota() == 3.0);
}

TEST_CASE("the quota of version 1 stands in two files, -1 for none") {
  Root root;
  root.write("proc/self/cgroup", "5:memory:/job\n4:cpu,cpuacct:/job\n");
  root.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  root.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
  CHECK(root.quota() == std::nullopt);
  root.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n");
  CHECK(root.quota() == 2.5);
}

TEST_CASE("a machine without control groups sets no quota") { CHECK(Root().quota() == std::nullopt); }

TEST_CASE("this process may use at least one CPU, and no more than it is bound to") {
  const CpuSet bound = cohort::session::bound_cpus();
  REQUIRE_FALSE(bound.empty());
  CHECK(std::is_sorted(bound.begin(), bound.end()));
  CHECK(cohort::session::usable_cpus() >= 1);
  CHECK(cohort::session::usable_cpus() <= static_cast<int>(bound.size()));
}
