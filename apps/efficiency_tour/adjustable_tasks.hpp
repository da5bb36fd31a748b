#pragma once

#include <cohort/cohort.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Programs of one kind of task each, which differ in whether threads or processes suit them.
struct AdjustableTask {
  std::string_view name;
  std::string_view what;
  /// Runs so many of the tasks; the sum of what they return.
  std::uint64_t (*run)(cohort::Client& client, std::size_t tasks, std::size_t table_bytes);
};

/// scales: computes, alone. lock: computes while it holds a lock of its process, as many libraries do. table: looks
/// things up in a large table that is made once and sent to every process. counters: counts in memory that all
/// processes of a machine share, so that its cores wait for each other. stream: reads and writes more memory than
/// caches hold, which some cores of a machine can do as fast as all of them, on some machines one.
const std::vector<AdjustableTask>& adjustable_tasks();

/// throws  WrongUse: there is none of this name.
const AdjustableTask& adjustable_task(const std::string& name);
