#!/usr/bin/env bash
# bench.sh BUILD: what tracing costs, as Markdown on stdout. Called by ./dev bench; needs root.
#
# All variants are measured in one run, in rounds, each round in another order, and what is printed
# are medians and their ratios: on a machine that others use too, only figures taken side by side
# mean something.
#
# ROUNDS=5 PAIRS=4000 (in each of 11 batches) SECS=30 (flat out, idle)
set -euo pipefail

build=$(cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$here/rounds.sh"
rounds=${ROUNDS:-5} pairs=${PAIRS:-4000} secs=${SECS:-30}
perf=${PERF:-$(command -v perf || true)}
programs=$build/tests/programs
work=$(mktemp -d)
tool_pid=
url=

stop_tool() {
  [[ -n $tool_pid ]] || return 0
  kill -TERM "$tool_pid" 2>/dev/null || true
  wait "$tool_pid" 2>/dev/null || true
  tool_pid=
}
trap 'stop_tool; rm -rf "$work"' EXIT

# ---- The tracers -------------------------------------------------------------------------------

# Runs a tool that needs tracefs, mounted for it alone if it is not mounted.
with_tracefs() {
  if [[ -d /sys/kernel/tracing/events ]]; then exec "$@"; fi
  # shellcheck disable=SC2016 # for the inner shell
  exec unshare --mount --propagation private sh -c \
    'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"' sh "$@"
}

tool() {
  case $1 in
  floor) exec "$build/tests/bench/floor" ;;
  mlockscope) exec "$build/mlockscope" trace ;;
  stacks-*) exec "$build/mlockscope" trace --stacks "${1#stacks-}" ;;
  ustack) with_tracefs bpftrace "$here/stacks.bt" ;;
  bpftrace) with_tracefs bpftrace "$here/calls.bt" ;;
  perf) with_tracefs "$perf" trace -a -e mlock,munlock 2>/dev/null ;; # where it prints
  esac
}

available() {
  case $1 in
  none | floor | mlockscope | stacks-*) true ;;
  ustack) command -v bpftrace >/dev/null ;;
  strace | bpftrace) command -v "$1" >/dev/null ;;
  perf) [[ -x $perf ]] ;;
  esac
}

# BPF programs, links and events that the tool holds: once there are some and no more come, it is
# attached. Not every tool says so.
held() { find "/proc/$tool_pid/fd" -lname 'anon_inode:*' 2>/dev/null | wc -l; }

wait_until_attached() {
  local now last=-1
  for _ in $(seq 20); do
    sleep 1
    now=$(held)
    [[ $now -eq 0 || $now -ne $last ]] || return 0
    last=$now
  done
  return 1
}

start_tool() {
  case $1 in none | strace) return ;; esac
  tool "$1" >/dev/null 2>"$work/err" &
  tool_pid=$!
  wait_until_attached && kill -0 "$tool_pid" 2>/dev/null && return
  say "$1 did not start: $(tail -n 1 "$work/err")"
  stop_tool
  return 1
}

# ---- Measuring ---------------------------------------------------------------------------------

# measure TOOL MODE N: one figure more for the file TOOL.MODE.
measure() {
  local prefix=() n=$3 mode=$2
  # A tenth of the turns: each costs thirty times as much.
  if [[ $1 == strace ]]; then prefix=(strace -f -o /dev/null) n=$((n / 10)); fi
  if [[ $mode == bystander ]]; then mode=fault; fi
  "${prefix[@]}" "$programs/pair" "$mode" "$n" | jq .ns >>"$work/$1.$2"
}

# row TOOL MODE TEXT: nanoseconds, what of it the tool added, and that in shares of what the floor
# adds (pairs only: the floor is not measured with anything else).
row() {
  local own bare floor share=
  if [[ ! -s $work/$1.$2 ]]; then
    echo "| $3 | not available | | |"
    return
  fi
  own=$(median "$work/$1.$2") bare=$(median "$work/none.$2")
  if [[ -s $work/floor.$2 && $1 != none ]]; then
    floor=$(median "$work/floor.$2")
    share=$(jq -n "($own - $bare) / ($floor - $bare) * 10 | round / 10")
  fi
  echo "| $3 | $own | $((own - bare)) | $share |"
}

measure_calls() {
  local round name
  for ((round = 0; round < rounds; round++)); do
    for name in $(rotated "$round" none floor mlockscope bpftrace perf strace); do
      available "$name" || continue
      say "round $((round + 1)) of $rounds: $name"
      start_tool "$name" || continue
      # Before anything is locked, and after it: the fault probes come with the first lock.
      case $name in none | mlockscope) measure "$name" fault "$pairs" ;; esac
      measure "$name" pair "$pairs"
      case $name in
      none | mlockscope)
        measure "$name" getppid $((pairs * 20))
        measure "$name" owner "$pairs"
        measure "$name" bystander "$pairs"
        ;;
      esac
      stop_tool
    done
  done
}

print_calls() {
  printf '\n| mlock + munlock of 64 bytes, a pair | ns | added | times the floor |\n'
  printf '| --- | ---: | ---: | ---: |\n'
  row none pair "no tracer"
  row floor pair "four empty BPF programs (the floor)"
  row mlockscope pair "mlockscope trace"
  row bpftrace pair "bpftrace, printing the same fields"
  row perf pair "perf trace -e mlock,munlock"
  row strace pair "strace -f"
  printf '\n| what nobody asked to trace | ns | added | |\n| --- | ---: | ---: | --- |\n'
  row none getppid "getppid, no tracer"
  row mlockscope getppid "getppid, mlockscope trace"
  row none fault "page fault, no tracer"
  row mlockscope fault "page fault, mlockscope trace, nobody has locked anything"
  row mlockscope bystander "page fault, another process has locked pages"
  row none owner "page fault of a program with locks, no tracer"
  row mlockscope owner "page fault of a program with locks, mlockscope trace"
}

# Where the lock was made: what each way of knowing costs.
measure_stacks() {
  local round name
  : >"$work/none.pair"
  for ((round = 0; round < rounds; round++)); do
    for name in $(rotated "$round" none stacks-off stacks-auto stacks-on ustack); do
      available "$name" || continue
      say "stacks, round $((round + 1)) of $rounds: $name"
      start_tool "$name" || continue
      measure "$name" pair "$pairs"
      stop_tool
    done
  done
}

print_stacks() {
  rm -f "$work/floor.pair" # it is no measure of stacks
  measure_stacks
  printf '\n| mlock + munlock of 64 bytes, a pair, with user stacks | ns | added | |\n'
  printf '| --- | ---: | ---: | --- |\n'
  row none pair "no tracer"
  row stacks-off pair "mlockscope trace --stacks off"
  row stacks-auto pair "mlockscope trace --stacks auto"
  row stacks-on pair "mlockscope trace --stacks on"
  row ustack pair "bpftrace, counting by ustack"
}

# Every core locks and unlocks as fast as it can: how much is seen, and is any of it lost?
print_flat_out() {
  local cores mode
  cores=$(nproc)
  printf '\n| flat out, %s workers, %s s | calls made | events | lost | events/s |\n' "$cores" "$secs"
  printf '| --- | ---: | ---: | ---: | ---: |\n'
  for mode in processes own; do
    say "flat out: $mode"
    "$build/mlockscope" run --format json --output "$work/flat.json" -- \
      "$programs/hammer" "$cores" "$secs" "$mode" >"$work/made.json" 2>"$work/err" || true
    jq -r --slurpfile made "$work/made.json" --arg mode "$mode" --argjson secs "$secs" \
      'select(.type == "summary") | "| \(if $mode == "own" then "threads" else $mode end) | " +
       "\($made[0] | .mlock + .munlock) | \(.events) | \(.lost) | \(.events / $secs | round) |"' \
      "$work/flat.json" || echo "| $mode | failed: $(tail -n 1 "$work/err") | | | |"
  done
}

# utime + stime, in ticks.
cpu_ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

print_idle() {
  local before after rss tick
  say "idle"
  start_tool mlockscope || return 0
  before=$(cpu_ticks "$tool_pid")
  sleep "$secs"
  after=$(cpu_ticks "$tool_pid")
  rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$tool_pid/status")
  tick=$(getconf CLK_TCK)
  stop_tool
  printf '\n| mlockscope trace with nothing to do, %s s | |\n| --- | ---: |\n' "$secs"
  echo "| processor time | $(jq -n "($after - $before) / $tick / $secs * 10000 | round / 100") % of one core |"
  echo "| resident memory | $(jq -n "$rss / 1024 * 10 | round / 10") MiB |"
}

# Findings are counted, but not printed: the exporter is what is looked at.
start_exporter() {
  "$build/mlockscope" trace --web.listen-address 127.0.0.1:0 --kind swapped >/dev/null \
    2>"$work/err" &
  tool_pid=$!
  wait_until_attached && url=$(grep -o 'http://.*' "$work/err")
}

# metric NAME: its value now, of one without labels.
metric() { curl -sf "$url" | awk -v name="$1" '$1 == name { print $2 }'; }

print_scrapes() {
  local crowd standing=0 wanted round
  say "scrapes"
  start_exporter || return 0
  coproc CROWD { exec "$programs/crowd"; }
  crowd=$CROWD_PID
  read -r <&"${CROWD[0]}"
  printf '\n| scrape of mlockscope trace --metrics, live address spaces with locks | ms | bytes | resident MiB |\n'
  printf '| ---: | ---: | ---: | ---: |\n'
  for wanted in 10 1000 10000; do
    echo "stay $((wanted - standing))" >&"${CROWD[1]}"
    read -r <&"${CROWD[0]}"
    standing=$wanted
    : >"$work/scrapes"
    for ((round = 0; round < 21; round++)); do
      curl -sf -o "$work/exposition" -w '%{time_total}\n' "$url" >>"$work/scrapes"
    done
    echo "| $(metric mlockscope_address_spaces) |" \
      "$(sort -n "$work/scrapes" | awk 'NR == 11 { printf "%.1f", $1 * 1000 }') |" \
      "$(wc -c <"$work/exposition") |" \
      "$(metric process_resident_memory_bytes | awk '{ printf "%.1f", $1 / 1048576 }') |"
  done
  local input=${CROWD[1]}
  exec {input}>&-
  wait "$crowd" || true
  stop_tool
}

# What an hour of a busy host leaves behind: 50 processes a second that lock and end, all at once.
print_churn() {
  local before
  say "churn"
  start_exporter || return 0
  before=$(metric process_resident_memory_bytes)
  printf 'come 180000\n' | "$programs/crowd" >/dev/null
  printf '\n| 180 000 processes with names of their own, a finding each | |\n| --- | ---: |\n'
  echo "| resident before and after, MiB | $(jq -n "[$before, $(metric process_resident_memory_bytes)] |
    map(. / 1048576 * 10 | round / 10) | \"\(.[0]), \(.[1])\"" -r) |"
  echo "| exposition, bytes | $(curl -sf "$url" | wc -c) |"
  echo "| events lost | $(metric mlockscope_events_lost_total) |"
  stop_tool
}

# Every core locks and unlocks flat out, with and without a recording: what the collector needs for it,
# what it loses, and how much there is of it.
print_recording() {
  local with before ticks tick calls
  say "recording"
  tick=$(getconf CLK_TCK)
  printf '\n| flat out, recorded | calls | lost | not recorded | collector, %% of a core | bytes a call |\n'
  printf '| --- | ---: | ---: | ---: | ---: | ---: |\n'
  for with in no yes; do
    local options=(--format json --output "$work/flat.json" --comm hammer)
    [[ $with == no ]] || options+=(--record "$work/flat.mls")
    "$build/mlockscope" trace "${options[@]}" 2>"$work/err" &
    tool_pid=$!
    wait_until_attached || return 0
    before=$(cpu_ticks "$tool_pid")
    "$programs/hammer" "$(nproc)" "$secs" processes >"$work/made.json"
    ticks=$(($(cpu_ticks "$tool_pid") - before))
    stop_tool
    calls=$(jq '.mlock + .munlock' "$work/made.json")
    echo "| $with | $calls | $(jq 'select(.type == "summary").lost' "$work/flat.json") |" \
      "$(grep -o '[0-9]* events could not be recorded' "$work/err" | grep -o '[0-9]*' || echo 0) |" \
      "$(jq -n "$ticks / $tick / $secs * 100 | round") |" \
      "$([[ $with == no ]] || jq -n "$(stat -c %s "$work/flat.mls") / $calls * 10 | round / 10") |"
  done
}

# The recording made above, judged again: two of it one after the other, and both at once.
print_replay() {
  local jobs began ended calls
  say "replay"
  cp "$work/flat.mls" "$work/flat2.mls"
  calls=$(jq '2 * (.mlock + .munlock)' "$work/made.json")
  printf '\n| replay of two recordings | calls/s |\n| --- | ---: |\n'
  for jobs in 1 2; do
    began=$(date +%s%N)
    "$build/mlockscope" replay --jobs "$jobs" --output "$work/replayed" "$work/flat.mls" "$work/flat2.mls" \
      2>/dev/null
    ended=$(date +%s%N)
    echo "| $jobs at a time | $(jq -n "$calls / ($ended - $began) * 1e9 | round") |"
  done
  say "recording and reading alone"
  printf '\n| without the kernel | entries/s |\n| --- | ---: |\n'
  "$build/tests/bench/recording_bench" --benchmark_format=json --benchmark_min_time=0.5 2>/dev/null |
    jq -r '.benchmarks[] | select(.items_per_second) | "| \(.name) | \(.items_per_second | round) |"'
}

print_symbols() {
  say "symbols"
  printf '\nNaming '
  "$build/tests/bench/symbols_bench"
}

print_correlator() {
  say "correlator"
  printf '\n| correlator beside Boost.ICL | claims | calls/s |\n| --- | ---: | ---: |\n'
  "$build/tests/bench/correlator_bench" --benchmark_format=json --benchmark_min_time=0.5 \
    2>/dev/null | jq -r '.benchmarks[] | select(.error_occurred | not) | (.name | split("/")) as $n |
      "| \($n[0] | gsub("_"; ", ")) | \($n[1]) | \(.items_per_second | round) |"'
}

echo "Linux $(uname -r), $(uname -m), $(nproc) cores, pages of $(getconf PAGESIZE) bytes;" \
  "medians of $rounds rounds."
measure_calls
print_calls
print_stacks
print_flat_out
print_idle
print_scrapes
print_churn
print_recording
print_replay
print_symbols
print_correlator
