#!/usr/bin/env bash
# The layer check passes a tree that keeps the rules, and finds each kind of include that breaks one.
set -euo pipefail
check=$(cd "$(dirname "$0")" && pwd)/check_layers.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# Puts one include into one file of the tree.
put() {
  mkdir -p "$tree/$(dirname "$1")"
  echo "#include $2" >> "$tree/$1"
}

put src/base/clock.hpp '"cohort/types.hpp"'
put src/wire/archive.cpp '<boost/archive/basic_archive.hpp>'
put src/transport/mpi_endpoint.cpp '<mpi.h>'
put src/transport/mpi_endpoint.cpp '"wire/messages.hpp"'
put src/scheduler/scheduler_state.cpp '"cohort/detail/bytes.hpp"'
put src/worker/worker_state.cpp '"base/clock.hpp"'
put src/client/core.cpp '"cohort/client.hpp"'
put src/session/settings.cpp '<boost/program_options.hpp>'
put include/cohort/client.hpp '"cohort/types.hpp"'
put include/cohort/types.hpp '<string>'
"$check" "$tree" || { echo "a tree that keeps the rules was refused"; exit 1; }

failed=0
# The check must find this include in this file, and nothing else.
must_find() {
  local file=$1 include=$2 said
  local header=${include#*[\"<]}
  header=${header%%[\">]*}
  cp -r "$tree" "$tree.kept"
  put "$file" "$include"
  if said=$("$check" "$tree"); then
    echo "not found: $file with #include $include"
    failed=1
  elif [[ $said != "$file:"*", 1 that may not be" || $said != *"$header"* ]]; then
    echo "$file with #include $include: said"
    echo "$said"
    failed=1
  fi
  rm -rf "$tree"
  mv "$tree.kept" "$tree"
}

must_find src/base/clock.hpp '"wire/messages.hpp"'
must_find src/wire/archive.cpp '"client/core.hpp"'
must_find src/transport/mpi_endpoint.cpp '"scheduler/scheduler_state.hpp"'
must_find src/scheduler/scheduler_state.cpp '"worker/worker_state.hpp"'
must_find src/worker/worker_state.cpp '"scheduler/scheduler_state.hpp"'
must_find src/worker/worker_state.cpp '"cohort/client.hpp"'
must_find src/worker/worker_state.cpp '<cohort/detail/serialize_value.hpp>'
must_find src/client/core.cpp '"session/settings.hpp"'
must_find include/cohort/client.hpp '"client/core.hpp"'
must_find include/cohort/types.hpp '"cohort/client.hpp"'
must_find src/transport/in_process.cpp '<mpi.h>'
must_find src/session/settings.cpp '<mpi.h>'
must_find src/client/core.cpp '<boost/program_options/variables_map.hpp>'
must_find src/session/binding.cpp '<hwloc.h>'
must_find src/scheduler/scheduler_state.cpp '<boost/serialization/vector.hpp>'
must_find src/client/core.cpp ' "session/settings.hpp"  // why'
exit "$failed"
