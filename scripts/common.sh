# shellcheck shell=bash disable=SC2034
# Sourced by the other scripts: prints steps and how long they took, and installs what is missing.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${COHORT_JOBS:-$(nproc)}

# mpirun refuses root unless it is told twice; in a container there often is nobody else.
if [[ $(id -u) -eq 0 ]]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

say() { printf '%s\n' "$*"; }

# step NAME COMMAND…: runs it, prints what is done and how long it took; what it printed only if it fails.
step() {
  local name=$1 log start=$SECONDS rc=0
  shift
  say "== $name"
  log=$(mktemp)
  "$@" > "$log" 2>&1 || rc=$?
  if [[ $rc -ne 0 ]]; then
    cat "$log"
    rm -f "$log"
    say "== FAILED: $name (code $rc, after $((SECONDS - start)) s): $*" >&2
    return "$rc"
  fi
  rm -f "$log"
  say "   done in $((SECONDS - start)) s"
}

# shown_step NAME COMMAND…: the same, with its output as it comes.
shown_step() {
  local name=$1 start=$SECONDS rc=0
  shift
  say "== $name"
  "$@" || rc=$?
  if [[ $rc -ne 0 ]]; then
    say "== FAILED: $name (code $rc, after $((SECONDS - start)) s): $*" >&2
    return "$rc"
  fi
  say "   done in $((SECONDS - start)) s"
}

# packages SECTION…: the names in these sections of packages.txt.
packages() {
  local section
  for section in "$@"; do
    sed -n "/^\[$section\]/,/^\[/{/^[^[#]/p}" "$top/scripts/packages.txt"
  done
}

is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2> /dev/null) == installed ]]; }

# compiles WHAT LINES: whether a program with these lines compiles; for machines whose software comes from modules.
compiles() {
  printf '%b\nint main() {}\n' "$1" | "${CXX:-c++}" -std=c++20 -x c++ -fsyntax-only - > /dev/null 2>&1
}

# python_with MODULE…: the python3 that has them; in PATH another one may stand before that of the packages.
python_with() {
  local python import
  printf -v import 'import %s; ' "$@"
  for python in python3 /usr/bin/python3; do
    if "$python" -c "$import" > /dev/null 2>&1; then
      say "$python"
      return
    fi
  done
  say "no python3 has all of these: $*" >&2
  return 1
}

# Says what is missing on a machine where packages are not ours to ask for; nothing if all is there.
missing_tools() {
  command -v "${CXX:-c++}" > /dev/null || say "a C++20 compiler (CXX)"
  command -v cmake > /dev/null || say "cmake 3.22 or newer"
  command -v mpirun > /dev/null || say "mpirun (an MPI module)"
  compiles '#include <boost/serialization/serialization.hpp>\n#include <boost/program_options.hpp>' ||
    say "Boost with Serialization and Program_options (1.74 or newer; CPATH or CMAKE_PREFIX_PATH)"
  compiles '#include <xxhash.h>' || say "xxhash (its header)"
  compiles '#include <hwloc.h>' || say "hwloc (2.0 or newer)"
  if [[ " $* " == *" peers "* ]]; then
    python_with distributed mpi4py numpy > /dev/null || say "distributed, mpi4py and numpy for python3"
  fi
  if [[ " $* " == *" test "* ]]; then
    compiles '#include <doctest/doctest.h>' || say "doctest"
    local tool
    for tool in clang++-19 clang-format clang-tidy-19; do command -v "$tool" > /dev/null || say "$tool"; done
  fi
}

# set_up SECTION…: makes sure that what packages.txt lists in these sections is there.
# Debian: as root it is installed, for others the command is printed. Elsewhere, or with modules loaded: only checked.
set_up() {
  say "== set-up: is everything there that is needed?"
  if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null || [[ -n ${LOADEDMODULES:-} ]]; then
    local missing
    missing=$(missing_tools "$@")
    if [[ -n $missing ]]; then
      say "Missing; load the modules or install them, then start again:" >&2
      say "$missing" | sed 's/^/  /' >&2
      return 1
    fi
    say "   all there"
    return 0
  fi

  local package wanted=()
  for package in $(packages "$@"); do
    is_installed "$package" || wanted+=("$package")
  done
  if [[ ${#wanted[@]} -eq 0 ]]; then
    say "   all there"
    return 0
  fi
  local install="apt-get install -y --no-install-recommends ${wanted[*]}"
  if [[ $(id -u) -ne 0 ]]; then
    say "Missing: ${wanted[*]}" >&2
    say "Install them, then start again:" >&2
    say "  sudo apt-get update && sudo $install" >&2
    return 1
  fi
  say "   missing: ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  step "apt-get update" apt-get update
  # shellcheck disable=SC2086  # the names are words
  step "$install" $install
}
