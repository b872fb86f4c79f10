#!/usr/bin/env bash
# capabilities.sh UNIT MLOCKSCOPE PUPPET: with the capabilities of the service and no others, the
# tracer sees all there is to see; without any one of them it says so and ends, or misses something.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

need_root
need setpriv unshare jq
# Where the host has not mounted tracefs, this test has, for itself.
[[ -n ${MLOCKSCOPE_TEST_MOUNTS:-} ]] || MLOCKSCOPE_TEST_MOUNTS=1 exec unshare --mount "$0" "$@"
[[ -d /sys/kernel/tracing/events ]] || mount -t tracefs tracefs /sys/kernel/tracing

unit=$1 program=$2 puppet=$3
folder=$(mktemp -d)
clean_up() {
  rm -r "$folder"
  jobs -p | xargs -r kill 2>/dev/null || true
}
trap clean_up EXIT

copy_for_all "$folder" "$program" "$puppet"
program=$folder/mlockscope puppet=$folder/puppet

# as_service CAPABILITIES COMMAND...: as a user other than root, like DynamicUser=
as_service() {
  local sets=-all capability
  for capability in $1; do
    capability=${capability,,}
    sets+=,+${capability#cap_}
  done
  shift
  exec setpriv --no-new-privs --reuid 65534 --regid 65534 --clear-groups \
    --bounding-set "$sets" --inh-caps "$sets" --ambient-caps "$sets" -- "$@"
}

# What userspace/procfs reads of other users' processes: is a page in swap, which program is it.
reads_pagemap() { (as_service "$1" head -c 8 "/proc/$puppet_pid/pagemap") >/dev/null 2>&1; }
reads_exe() { (as_service "$1" readlink "/proc/$puppet_pid/exe") >/dev/null 2>&1; }

running() { kill -0 "$tracer" 2>/dev/null; }
tracing_or_over() { grep -q '"type":"start"' "$folder/out" 2>/dev/null || ! running; }

# trace CAPABILITIES: of a process that holds a lock by then, and makes a mistake later. Status of
# the tracer; what it printed is in $folder/{out,err}.
trace() {
  as_service "$1" "$program" trace --format json --comm puppet \
    >"$folder/out" 2>"$folder/err" &
  tracer=$!
  wait_for 30 tracing_or_over || fail "it does not begin to trace: $(cat "$folder/err")"
  if running; then
    tell lock 200 64
    tell unlock 64 64
    wait_for 10 has_finding "$folder/out" || fail "with $1 there is no finding"
    kill -TERM "$tracer"
  fi
  wait "$tracer"
}

# What the tracer says when it ends because a capability is missing.
refuses_without() {
  local missing=$1 others=$2 status=0
  trace "$others" || status=$?
  [[ $status -eq 3 ]] || fail "without $missing: status $status, not 3"
  [[ $(wc -l <"$folder/err") -eq 1 ]] || fail "without $missing: not one line: $(cat "$folder/err")"
  grep -q "$missing not held" "$folder/err" ||
    fail "without $missing it says: $(cat "$folder/err")"
}

start_puppet "$puppet"
tell lock 64 64
all=$(capabilities_of "$unit")
echo "the service has $all"

trace "$all" || fail "$(cat "$folder/err")"
[[ $(finding "$folder/out" '.kind + " " + .confidence') == "spill verified" ]] ||
  fail "not a verified spill: $(cat "$folder/out")"
[[ $(finding "$folder/out" .exe) == "$puppet" ]] || fail "not the program: $(cat "$folder/out")"
reads_pagemap "$all" || fail "pagemap cannot be read"
reads_exe "$all" || fail "exe cannot be read"

for missing in $all; do
  others=$(tr ' ' '\n' <<<"$all" | grep -vx "$missing" | xargs)
  case $missing in
  CAP_BPF | CAP_PERFMON | CAP_DAC_READ_SEARCH) refuses_without "$missing" "$others" ;;
  # pagemap, too, where CAP_PERFMON does not suffice for it (kernel/fork.c, may_access_mm)
  CAP_SYS_PTRACE) ! reads_exe "$others" || fail "exe can be read without $missing" ;;
  *) fail "the unit has $missing, and nobody knows what for" ;;
  esac
  echo "needed: $missing"
done
! reads_pagemap "${all/CAP_DAC_READ_SEARCH/}" ||
  fail "pagemap can be read without CAP_DAC_READ_SEARCH"
