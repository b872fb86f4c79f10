#!/usr/bin/env bash
# Boots real kernels in QEMU and runs things in them: vm.sh --help
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
{
  . "$here/support.sh"
  . "$here/apt.sh"
  . "$here/kernels.sh"
  . "$here/sysroot.sh"
  . "$here/cross.sh"
  . "$here/initramfs.sh"
  . "$here/machine.sh"
  . "$here/plan.sh"
  . "$here/results.sh"
}

usage() {
  cat <<'HELP'
usage: tests/vm/vm.sh run BUILD KERNEL... [OPTIONS]
       tests/vm/vm.sh shell-command KERNEL [--timeout SECONDS] [--backend NAME] -- COMMAND...

  run            runs the live tests of the folder BUILD, and for arm64 those of build-arm64, which
                 it cross-builds; build/vm/KERNEL/ gets console.log, dmesg, logs/ and junit.xml
    --core           for each backend the tests with the label core, and those with the label once
    --tests REGEX    only the tests whose name has this
    --backend NAME   auto, fentry, kprobe or tracepoint, more than one parted by commas; default:
                     all tests with auto, the core ones with each other one too
    --patience N     the tests may take N times as long as ctest lets them; default 3
    --jobs N         N machines at a time; default 2

  shell-command  runs one command in a guest, as root, in this project's folder; prints what it
                 printed and ends with its status. Needs no build for x86-64 kernels.
                 A single word is a shell line: vm.sh shell-command 6.1 -- 'uname -r; id'
                 Files are as on the host and read-only, apart from /tmp, /run and /var/tmp;
                 what is written to /run/mlockscope-vm is in build/vm/KERNEL.command/ afterwards.

KERNEL: 5.10 6.1 6.12 6.12-arm64-16k, for run also: all
Environment: MLOCKSCOPE_VM_CACHE, a folder for what is fetched; MLOCKSCOPE_VM_MIRROR and
MLOCKSCOPE_VM_SECURITY_MIRROR, where Debian's packages are; the machine's own apt says it otherwise.
HELP
}

# prepare_guest KERNEL: a kernel, and a root for it.
prepare_guest() {
  fetch_kernel "$1"
  guest_root=/
  busybox=/bin/busybox
  if [[ $kernel_arch == arm64 ]]; then
    fetch_sysroot
    guest_root=$sysroot
    busybox=$sysroot/bin/busybox
    mkdir -p "$guest_root$project" # where the guest sees the project
  fi
}

# claim FOLDER: whether it is ours alone, until we end.
claim() {
  mkdir -p "${1%/*}"
  exec {claimed}>"$1.lock"
  flock -n "$claimed"
}

shell_command() {
  local kernel=${1:-} limit=600 backend=auto folder line
  shift || true
  while [[ ${1:-} == --* && $1 != -- ]]; do
    [[ $# -gt 1 ]] || die "$1 needs a value"
    case $1 in
    --timeout) limit=$2 ;;
    --backend) backend=$2 ;;
    *) die "shell-command knows --timeout and --backend, not $1" ;;
    esac
    shift 2
  done
  [[ ${1:-} == -- && $# -gt 1 ]] || die "shell-command KERNEL -- COMMAND..."
  shift
  if [[ $# -eq 1 ]]; then line=$1; else line=$(printf '%q ' "$@"); fi
  prepare_guest "$kernel"
  folder=$project/build/vm/$kernel.command
  claim "$folder" || folder+=.$$ # somebody else's command is still running in there
  rm -rf "$folder"
  mkdir -p "$folder"
  printf '%s\t' command "$backend" command "$limit" none "$project" >"$folder/plan"
  printf '%s\n' "${line//$'\n'/; }" >>"$folder/plan"
  boot "$folder" || exit 1
  cat "$folder/logs/command.log"
  exit "$(cut -f6 "$folder/results")"
}

# test_kernel KERNEL: whatever fails here, complete_results() finds what is missing.
test_kernel() {
  local kernel=$1 folder=$project/build/vm/$1
  prepare_guest "$kernel"
  say "$kernel: $kernel_version, tests to run: $(wc -l <"$folder/plan")"
  boot "$folder"
}

# plan_kernel KERNEL: the plan is made first. That a kernel cannot be had fails all of it.
plan_kernel() {
  local kernel=$1 folder=$project/build/vm/$1 where=$build
  kernel_source "$kernel" >/dev/null || die "no such kernel: $kernel. There are: ${all_kernels[*]}"
  claim "$folder" || die "$kernel: another run is using $folder"
  rm -rf "$folder"
  mkdir -p "$folder/logs"
  if [[ $(kernel_source "$kernel") == *' arm64 '* ]]; then
    fetch_sysroot
    build_arm64
    where=$project/build-arm64
  fi
  write_plan "$folder/plan" "$where"
}

parse_run() {
  build=$1
  shift
  kernels=() tests_label=live tests_regex=. patience=3 machines=2
  backends=(auto fentry kprobe tracepoint) backends_chosen=no
  while [[ $# -gt 0 ]]; do
    case $1 in
    --core) tests_label=core ;;
    --tests | --backend | --patience | --jobs)
      [[ $# -gt 1 ]] || die "$1 needs a value"
      case $1 in
      --tests) tests_regex=$2 ;;
      --backend)
        IFS=, read -r -a backends <<<"$2"
        backends_chosen=yes
        ;;
      --patience) patience=$2 ;;
      --jobs) machines=$2 ;;
      esac
      shift
      ;;
    -*) die "unknown option: $1" ;;
    all) kernels+=("${all_kernels[@]}") ;;
    *) kernels+=("$1") ;;
    esac
    shift
  done
  [[ ${#kernels[@]} -gt 0 ]] || die "which kernel? ${all_kernels[*]} all"
  [[ $patience =~ ^[1-9][0-9]*$ ]] || die "--patience is a whole number, not '$patience'"
  [[ $machines =~ ^[1-9][0-9]*$ ]] || die "--jobs is a whole number, not '$machines'"
}

run() {
  [[ $# -gt 0 ]] || die "run BUILD KERNEL..."
  parse_run "$@"
  local kernel folder=$project/build/vm
  trap 'jobs -p | xargs -r kill 2>/dev/null || true' EXIT
  for kernel in "${kernels[@]}"; do plan_kernel "$kernel"; done
  for kernel in "${kernels[@]}"; do
    while [[ $(jobs -rp | wc -l) -ge $machines ]]; do wait -n || true; done
    test_kernel "$kernel" &
  done
  wait || true
  for kernel in "${kernels[@]}"; do
    complete_results "$folder/$kernel"
    write_junit "$kernel" "$folder/$kernel"
    show_failures "$kernel" "$folder/$kernel"
  done
  show_table "$folder" "${kernels[@]}"
}

case ${1:-} in
shell-command | run)
  command=${1//-/_}
  shift
  "$command" "$@"
  ;;
-h | --help | help) usage ;;
*)
  usage >&2
  exit 2
  ;;
esac
