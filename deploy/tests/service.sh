#!/usr/bin/env bash
# service.sh UNIT MLOCKSCOPE PUPPET: systemd itself starts the service with all its hardening, and
# the tracer works. It is a systemd of the test's own, in namespaces of its own, which changes
# nothing on the host and ends with the test.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

systemd=/usr/lib/systemd/systemd

# ---- Outside: a cgroup, for systemd to have as its root ----------------------------------------

run_systemd() {
  need_root
  need unshare setpriv jq findmnt
  [[ -x $systemd ]] || skip "no systemd here"
  local mount cgroup folder status=0
  mount=$(findmnt -n -t cgroup2 -o TARGET | head -1)
  [[ -n $mount ]] || skip "no cgroup v2 here"
  cgroup=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)/mlockscope-test-$$
  mkdir "$cgroup" || skip "no cgroups can be made here"
  folder=$(mktemp -d)
  (
    echo "$BASHPID" >"$cgroup/cgroup.procs"
    exec unshare --mount --pid --cgroup --uts --ipc --fork --kill-child --mount-proc \
      "$0" --inside "$folder" "$@"
  ) >"$folder/systemd" 2>&1 || status=$?
  find "$cgroup" -depth -type d -exec rmdir {} +
  [[ $status -eq 0 ]] || tail -v -n 100 "$folder"/*
  rm -r "$folder"
  exit "$status"
}

# ---- Inside: process 1 becomes systemd, of a very small system ---------------------------------

become_systemd() {
  local folder=$1 unit=$2 program=$3 puppet=$4 name units=/run/systemd/system
  name=$(basename "$unit")
  mount -t tmpfs tmpfs /run
  mkdir /run/test
  mount --bind "$folder" /run/test
  mkdir -p "$units/$name.d"
  # The service does not see /tmp and /home, where the build may be.
  mkdir /run/bin
  copy_for_all /run/bin "$program" "$puppet"
  cp "$unit" "$units/$name"
  # What a whole system would start first is left out; and it is the program just built.
  cat >"$units/$name.d/test.conf" <<END
[Unit]
DefaultDependencies=no
[Service]
ExecStart=
ExecStart=/run/bin/mlockscope trace --metrics --web.listen-address 127.0.0.1:0 --format json --comm puppet
StandardOutput=truncate:/run/test/out
StandardError=truncate:/run/test/err
END
  cat >"$units/story.service" <<END
[Unit]
DefaultDependencies=no
Wants=$name
After=$name
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
ExecStart=$(realpath "$0") --story $name /run/bin/puppet
StandardOutput=truncate:/run/test/story
StandardError=inherit
END
  mount -t cgroup2 cgroup2 /sys/fs/cgroup # whatever the host has there
  # A systemd that starts sets sysctls, and a machine-id where there is none.
  mount --bind -o ro /proc/sys /proc/sys
  mount --bind -o ro /etc /etc
  exec env -i PATH="$PATH" container=other "$systemd" --system --unit=story.service \
    --show-status=no --log-target=console
}

# ---- What is to happen there -------------------------------------------------------------------

# of_process NAME: a line of /proc/PID/status of the tracer
of_process() { sed -n "s/^$1:\t//p" "/proc/$tracer/status"; }

# What the exporter answers.
metrics() {
  local port
  port=$(sed -n 's|.*metrics on http://127.0.0.1:\([0-9]*\)/metrics|\1|p' /run/test/err)
  exec {exporter}<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&"$exporter"
  cat <&"$exporter"
}

tell_story() {
  local name=$1 puppet=$2
  systemctl is-active "$name" || fail "$(systemctl status "$name"; cat /run/test/err)"
  tracer=$(systemctl show -P MainPID "$name")
  [[ $(of_process Uid) != 0* ]] || fail "the service is root"
  [[ $(of_process Seccomp) == 2 && $(of_process NoNewPrivs) == 1 ]] || fail "it is not confined"

  start_puppet "$puppet"
  tell lock 64 64
  tell lock 200 64
  tell unlock 64 64
  wait_for 10 has_finding /run/test/out || fail "no finding"
  [[ $(finding /run/test/out '.confidence + " " + .exe') == "verified $puppet" ]] ||
    fail "$(cat /run/test/out)"
  metrics >/run/test/metrics
  grep -q '^mlockscope_findings_total{.*kind="spill".* 1' /run/test/metrics || fail "no metric of it"
  grep -q '^process_max_fds [1-9]' /run/test/metrics || fail "no metrics of the process"
  grep -q '^process_start_time_seconds [1-9]' /run/test/metrics || fail "no start of the process"
  systemctl stop "$name"
  [[ $(systemctl show -P Result "$name") == success ]] || fail "it does not end well"
  tail -1 /run/test/out | jq -e '.type == "summary" and .lost == 0' || fail "no summary"
}

case $1 in
--inside) become_systemd "${@:2}" ;;
--story) tell_story "${@:2}" ;;
*) run_systemd "$@" ;;
esac
