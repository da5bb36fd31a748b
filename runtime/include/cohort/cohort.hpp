#pragma once

/// Cohort: submit functions, get futures; the functions run on MPI ranks, or on threads, and the data stays there.
#include "cohort/client.hpp"
#include "cohort/collection.hpp"
#include "cohort/completion_range.hpp"
#include "cohort/future.hpp"
#include "cohort/inputs.hpp"
#include "cohort/ranges.hpp"
#include "cohort/run.hpp"
#include "cohort/this_task.hpp"
#include "cohort/transferable.hpp"
#include "cohort/types.hpp"
