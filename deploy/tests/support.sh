# shellcheck shell=bash
# For the tests of this folder. Exit status 77: cannot be tested here.

skip() {
  echo "skipped: $*"
  exit 77
}
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
need() {
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || skip "no $tool here"; done
}
need_root() { [[ $EUID -eq 0 ]] || skip "needs root"; }

# copy_for_all FOLDER FILE...: where everybody may execute them, whosever folder the build is in
copy_for_all() {
  chmod 755 "$1"
  cp "${@:2}" "$1"
}

# The capabilities of a unit file, a word each: CAP_BPF CAP_PERFMON ...
capabilities_of() { sed -n 's/^CapabilityBoundingSet=//p' "$1"; }

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.1
  done
}

# ---- A program of another user's, which does what it is told -----------------------------------

start_puppet() {
  coproc setpriv --reuid 65533 --regid 65533 --clear-groups "$1"
  # shellcheck disable=SC2034 # for those who use this file
  puppet_pid=$!
  read -r -t 10 _ <&"${COPROC[0]}" || fail "the puppet does not start"
}
# tell WORD...: waits until it is done
tell() {
  local answer
  echo "$*" >&"${COPROC[1]}"
  read -r -t 10 answer <&"${COPROC[0]}" || fail "the puppet has ended"
  [[ $answer == *'"ret":0'* ]] || fail "the puppet could not $*: $answer"
}

# has_finding FILE
has_finding() { grep -q '"type":"finding"' "$1"; }
# finding FILE FILTER: what jq's FILTER takes from the only finding
finding() { grep '"type":"finding"' "$1" | jq -r "$2"; }
