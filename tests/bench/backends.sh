#!/usr/bin/env bash
# backends.sh BUILD [MLOCKSCOPE]: what each backend that this kernel has costs, as Markdown on stdout;
# needs root. In a guest, from the project's folder:
#
#   tests/vm/vm.sh shell-command 6.12 --timeout 900 -- 'tests/bench/backends.sh build'
#
# Everything is measured in one run, in rounds, each in another order: only ratios of figures taken
# side by side mean something, and an emulated processor's nanoseconds mean nothing by themselves.
#
# ROUNDS=5 PAIRS=2000 (in each of 11 batches)
set -euo pipefail

die() {
  printf 'backends.sh: %s\n' "$*" >&2
  exit 1
}

[[ $# -eq 1 || $# -eq 2 ]] || die "usage: backends.sh BUILD [MLOCKSCOPE]"
[[ -x $1/tests/programs/pair ]] || die "$1 has no tests/programs/pair: build program_pair"
build=$(cd "$1" && pwd)
mlockscope=${2:-$build/mlockscope}
[[ -x $mlockscope ]] || die "there is no program $mlockscope"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$here/rounds.sh"

rounds=${ROUNDS:-5} pairs=${PAIRS:-2000}
batches=11 # of tests/programs/pair
backends=(fentry kprobe tracepoint)
work=$(mktemp -d)
tracer=

stop_tracer() {
  [[ -n $tracer ]] || return 0
  kill -TERM "$tracer" 2>/dev/null || true # a job of a script ignores SIGINT
  wait "$tracer" || true
  tracer=
}
trap 'stop_tracer; rm -rf "$work"' EXIT

# start_tracer BACKEND STACKS: returns 1 if the kernel has no such backend. The first line is written
# when it traces.
start_tracer() {
  local status=0
  : >"$work/lines"
  "$mlockscope" trace --backend "$1" --stacks "$2" --format json -o "$work/lines" 2>"$work/err" &
  tracer=$!
  while [[ ! -s $work/lines ]] && kill -0 "$tracer" 2>/dev/null; do sleep 0.1; done
  if [[ -s $work/lines ]]; then
    [[ $(head -n 1 "$work/lines" | jq -r .backend) == "$1" ]] || die "it does not trace by $1"
    return 0
  fi
  wait "$tracer" || status=$?
  tracer=
  say "$1: $(tail -n 1 "$work/err")"
  [[ $status -eq 3 ]] || die "mlockscope ended with status $status"
  return 1
}

# measure VARIANT MODE N: one figure more for the files VARIANT.MODE, medians, and VARIANT.MODE.least:
# whatever else the machine does makes a batch longer, never shorter.
measure() {
  local said
  said=$("$build/tests/programs/pair" "$2" "$3")
  jq .ns <<<"$said" >>"$work/$1.$2"
  jq .min_ns <<<"$said" >>"$work/$1.$2.least"
}

# check VARIANT: a tracer that missed the calls would be cheap; those it lost are shown.
check() {
  local summary seen lost
  summary=$(tail -n 1 "$work/lines")
  seen=$(jq '.calls.mlock // 0' <<<"$summary") lost=$(jq .lost <<<"$summary")
  ((seen + lost >= batches * pairs)) || die "$1 saw $seen of $((batches * pairs)) locks"
  echo "$lost" >>"$work/$1.lost"
}

# turn VARIANT: none, or BACKEND-STACKS.
turn() {
  if [[ $1 != none ]]; then
    [[ ! -e $work/$1.missing ]] || return 0
    start_tracer "${1%-*}" "${1#*-}" || {
      touch "$work/$1.missing"
      return 0
    }
  fi
  case $1 in none | *-off) measure "$1" getppid $((pairs * 100)) ;; esac
  measure "$1" pair "$pairs"
  [[ $1 != none ]] || return 0
  stop_tracer
  check "$1"
}

least() { sort -n "$1" | head -n 1 | awk '{ printf "%.0f", $1 }'; }
ratio() { jq -rn "$1 / $2 * 100 | round / 100"; }

head_of_table() {
  printf '\n| %s | ns | times no tracer | least ns | times no tracer | events lost |\n' "$1"
  printf '| --- | ---: | ---: | ---: | ---: | ---: |\n'
}

# row VARIANT MODE TEXT
row() {
  local own best bare=$work/none.$2 lost=
  if [[ ! -s $work/$1.$2 ]]; then
    echo "| $3 | not on this kernel | | | | |"
    return
  fi
  own=$(median "$work/$1.$2") best=$(least "$work/$1.$2.least")
  [[ ! -e $work/$1.lost ]] || lost=$(awk '{ n += $1 } END { print n }' "$work/$1.lost")
  echo "| $3 | $own | $(ratio "$own" "$(median "$bare")") |" \
    "$best | $(ratio "$best" "$(least "$bare.least")") | $lost |"
}

variants=(none)
for backend in "${backends[@]}"; do variants+=("$backend-off" "$backend-auto"); done
for ((round = 0; round < rounds; round++)); do
  for variant in $(rotated "$round" "${variants[@]}"); do
    say "round $((round + 1)) of $rounds: $variant"
    turn "$variant"
  done
done
ls "$work"/*-off.pair >/dev/null 2>&1 || die "this kernel has no backend at all"

echo "Linux $(uname -r), $(uname -m), $(nproc) cores, pages of $(getconf PAGESIZE) bytes;" \
  "medians of $rounds rounds."
head_of_table 'getppid, which nobody traces'
row none getppid "no tracer"
for backend in "${backends[@]}"; do row "$backend-off" getppid "$backend"; done
head_of_table 'mlock + munlock of 64 bytes, a pair'
row none pair "no tracer"
for backend in "${backends[@]}"; do
  row "$backend-off" pair "$backend, --stacks off"
  row "$backend-auto" pair "$backend"
done
