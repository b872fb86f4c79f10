# Booting a guest. Sourced.
# shellcheck shell=bash

# Enough for the largest test and a file system of tmpfs or two.
guest_memory=2048

# boot FOLDER: FOLDER has `plan`, and gets what the guest writes. Returns 0 if the guest went through
# the whole plan.
boot() {
  local folder=$1 status=0 started=$SECONDS
  make_initramfs "$folder/initramfs" "$busybox" "$project"
  truncate -s 512M "$folder/disk"
  mke2fs -q -F -t ext4 "$folder/disk"
  touch "$folder/results"
  cp "$vm_dir/guest/run.sh" "$folder/run.sh"
  qemu_command "$folder"
  "${qemu[@]}" >"$folder/qemu.log" 2>&1 &
  machine=$!
  trap 'kill -KILL "$machine" 2>/dev/null || true' EXIT
  watch "$folder" "$machine" || status=$?
  trap - EXIT
  rm -f "$folder"/{initramfs,disk,run.sh}
  [[ -f $folder/complete ]] || explain "$folder" "$status"
  say "${folder##*/}: the guest ended after $((SECONDS - started)) s"
  [[ -f $folder/complete ]]
}

# watch FOLDER PID: tells of each result, and waits for the guest's end. Each test has a limit of its
# own, so that a guest which finishes none for longer than the longest may take hangs.
watch() {
  local folder=$1 pid=$2 longest last=$EPOCHSECONDS shown=0 lines running=yes
  longest=$(cut -f4 "$folder/plan" | sort -n | tail -n 1)
  while [[ $running == yes ]]; do
    sleep 0.5
    kill -0 "$pid" 2>/dev/null || running=no
    lines=$(wc -l <"$folder/results")
    if ((lines > shown)); then
      show_results "$folder" $((shown + 1)) "$lines" >&2
      shown=$lines last=$EPOCHSECONDS
    elif ((EPOCHSECONDS - last > longest + 120)); then
      kill -KILL "$pid"
      wait "$pid" || true
      return 124
    fi
  done
  wait "$pid"
}

# show_results FOLDER FIRST LAST
show_results() {
  sed -n "$2,$3p" "$1/results" | awk -F'\t' -v kernel="${1##*/}" \
    '{ printf "%-15s %-10s %-26s %-8s %7s s\n", kernel, $2, $3, $4, $5 }'
}

# explain FOLDER STATUS
explain() {
  case $2 in
  124) say "the guest hangs" ;;
  0) say "the guest ended before the tests did" ;;
  *) say "qemu ended with status $2" ;;
  esac
  cat "$1/qemu.log" >&2
  say "the end of $1/console.log:"
  tail -n 40 "$1/console.log" >&2 || true
}

# Any panic ends the machine: panic=-1 reboots at once and -no-reboot makes of that an exit.
qemu_command() {
  local folder=$1 more threads=multi
  case $kernel_arch in
  amd64)
    # With a thread of QEMU's for each processor, one of them may run a breakpoint that the other has
    # replaced by then (the kernel patches its code through int3, arch/x86/kernel/alternative.c
    # text_poke_bp_batch()): attaching a probe to handle_mm_fault() under load ended in "Oops: int3".
    threads=single
    # Emulated string instructions go byte by byte, which would be a quarter of the time that loading
    # the probes takes: the kernel has loops for processors without them (112: REP_GOOD).
    qemu=(qemu-system-x86_64 -M q35 -cpu "max,erms=off,fsrm=off")
    more="console=ttyS0 clearcpuid=112"
    ;;
  arm64)
    # Signed pointers cost a call of QEMU's at the begin and end of each function.
    qemu=(qemu-system-aarch64 -M virt -cpu "max,pauth=off")
    more="console=ttyAMA0"
    ;;
  esac
  qemu+=(-accel "tcg,thread=$threads" -smp 2 -m "$guest_memory" -nodefaults -no-reboot
    -display none -serial "file:$folder/console.log"
    -kernel "$kernel_image" -initrd "$folder/initramfs"
    -append "$more panic=-1 oops=panic nowatchdog mitigations=off quiet loglevel=4"
    -drive "file=$folder/disk,format=raw,if=none,id=disk,cache=unsafe"
    -device virtio-blk-pci,drive=disk
    -device virtio-rng-pci)
  share root "$guest_root" ,readonly=on
  share project "$project" ,readonly=on
  share results "$folder"
}

# share TAG FOLDER [MORE]: the host's / has several file systems below it; remap keeps their inode
# numbers apart.
share() {
  qemu+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap${3:-}"
    -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}
