#!/usr/bin/env bash
# unit.sh UNIT MLOCKSCOPE: systemd understands the unit, and finds it as hardened as it was.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# systemd's "exposure level" times ten: 24 by systemd 252, and a little for what newer ones add.
# What is left is the network, BPF, and other users' processes: what the service is for.
most_exposed=26

need systemd-analyze
unit=$1 program=$2
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
ours=$folder/$(basename "$unit")
sed "s|^ExecStart=[^ ]*|ExecStart=$program|" "$unit" >"$ours" # it may not be installed

understood() {
  local said
  said=$(systemd-analyze verify --man=no "$ours" 2>&1) || fail "verify: $said"
  [[ $said != *"$(basename "$unit")"* ]] || fail "verify: $said" # warnings have status 0
}

hardened() {
  systemd-analyze security --offline=true --no-pager --threshold="$1" "$ours" ||
    fail "exposed more than $1"
}

understood
hardened "$most_exposed"

# With CAP_SYS_ADMIN, which kernels of Debian and Ubuntu may want.
mkdir "$ours.d"
cp "$(dirname "$0")"/../systemd/*.conf "$ours.d"
understood
hardened $((most_exposed + 3))
