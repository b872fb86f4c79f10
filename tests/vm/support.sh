# What the scripts of this folder share. Sourced.
# shellcheck shell=bash

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for those who source this
project=$(cd "$vm_dir/../.." && pwd)
# Kernels, package lists and the sysroot; removing it makes the next run fetch what is newest.
# shellcheck disable=SC2034
cache=${MLOCKSCOPE_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mlockscope/vm}

say() { printf '== vm: %s\n' "$*" >&2; }
die() {
  printf 'vm: %s\n' "$*" >&2
  exit 1
}

# Two machines may be made ready at the same time; what both need is made once. The lock ends with
# the subshell that took it.
take_turn() {
  mkdir -p "$cache"
  exec {turn}>"$cache/$1.lock"
  flock "$turn"
}
