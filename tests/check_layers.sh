#!/usr/bin/env bash
# check_layers.sh RUNTIME: includes in RUNTIME/src and RUNTIME/include go down only, and the libraries below are seen
# where they belong. Prints each include that does not, and fails if there is one.
set -euo pipefail
cd "$1"

# What each layer may include, itself among it. `bottom`: the headers under include/cohort that every layer may include
# (this_task.hpp among them, because the worker answers what it asks); `public`: the others there.
declare -A may_include=(
  [bottom]="bottom"
  [public]="public bottom"
  [base]="base bottom"
  [wire]="wire base bottom"
  [transport]="transport wire base bottom"
  [observe]="observe transport wire base bottom"
  [worker]="worker observe transport wire base bottom"
  [scheduler]="scheduler observe transport wire base bottom"
  [client]="client scheduler worker observe transport wire base bottom public"
  [session]="session client scheduler worker observe transport wire base bottom public"
)

# layer_of HEADER: sets `result` to the layer of a header, as it is included; to nothing for what is not the project's.
layer_of() {
  result=
  case $1 in
    cohort/types.hpp | cohort/detail/bytes.hpp | cohort/detail/code.hpp | cohort/detail/codec.hpp | \
      cohort/detail/erased.hpp | cohort/detail/stack_bounds.hpp | cohort/this_task.hpp) result=bottom ;;
    cohort/*) result=public ;;
    */*)
      if [[ -d src/${1%%/*} ]]; then result=${1%%/*}; fi ;;
  esac
}

# allowed_files HEADER: sets `result` to who may include a header of another library; to nothing for those that all may.
allowed_files() {
  result=
  case $1 in
    mpi.h) result='src/transport/mpi_*' ;;
    hwloc*) result='src/session/topology.cpp' ;;
    boost/program_options*) result='src/session/*' ;;
    boost/serialization/* | boost/archive/*) result='src/wire/* include/cohort/*' ;;
  esac
}

is_among() {
  local file=$1 pattern
  shift
  for pattern in "$@"; do
    # shellcheck disable=SC2053  # the right side is a pattern
    [[ $file == $pattern ]] && return 0
  done
  return 1
}

set -f
violations=0
checked=0
while IFS=: read -r file line text; do
  # A subshell for each would take seconds.
  [[ $text =~ [\<\"]([^\>\"]*)[\>\"] ]] || continue
  header=${BASH_REMATCH[1]}
  case $file in
    include/*) layer_of "${file#include/}"; layer=$result ;;
    *) layer=${file#src/} layer=${layer%%/*} ;;
  esac
  checked=$((checked + 1))

  if [[ -z ${may_include[$layer]:-} ]]; then
    echo "$file:$line: $layer is no layer of the design"
    violations=$((violations + 1))
    continue
  fi
  layer_of "$header"
  target=$result
  # shellcheck disable=SC2086  # words
  if [[ -n $target ]] && ! is_among "$target" ${may_include[$layer]}; then
    echo "$file:$line: $layer may not include $header, which is of $target"
    violations=$((violations + 1))
  fi
  allowed_files "$header"
  allowed=$result
  # shellcheck disable=SC2086  # patterns
  if [[ -n $allowed ]] && ! is_among "$file" $allowed; then
    echo "$file:$line: $header may be included in $allowed only"
    violations=$((violations + 1))
  fi
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include' src include --include='*.hpp' --include='*.cpp')

echo "$checked includes, $violations that may not be"
[[ $checked -gt 0 && $violations -eq 0 ]]
