# What benches measure by: rounds in which everything has its turn, and medians. Sourced.
# shellcheck shell=bash

say() { printf '== %s\n' "$*" >&2; }

# The names, beginning with another one each round.
rotated() {
  local round=$1
  shift
  local i
  for ((i = 0; i < $#; i++)); do
    local at=$(((i + round) % $# + 1))
    echo "${!at}"
  done
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.0f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
