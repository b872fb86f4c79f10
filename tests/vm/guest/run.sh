#!/usr/bin/env bash
# In the guest, its first process: runs what FOLDER/plan lists, one after the other, writes
# FOLDER/results and switches off. Should it fail, the kernel panics, and the host sees that.
#
# A line of the plan, its fields parted by tabs:
#   id, backend, name, seconds it may take, status that means skipped, folder, shell command
# A line of the results: id, backend, name, passed|failed|timeout|skipped, seconds, status
# The output goes to FOLDER/logs/ID.log.
set -uo pipefail
folder=$1

run_one() {
  local id=$1 backend=$2 name=$3 limit=$4 skip=$5 where=$6 line=$7
  local started=$EPOCHREALTIME status verdict
  local settings=(MLOCKSCOPE_TEST_PATIENCE=400)
  [[ $backend == auto ]] || settings+=(MLOCKSCOPE_TEST_BACKEND="$backend")
  (cd "$where" && exec env "${settings[@]}" timeout -k 5 "$limit" sh -c "$line") \
    </dev/null >"$folder/logs/$id.log" 2>&1
  status=$?
  case $status in
  0) verdict=passed ;;
  124) verdict=timeout ;;
  137) ((${EPOCHREALTIME%.*} - ${started%.*} < limit)) && verdict=failed || verdict=timeout ;;
  "$skip") verdict=skipped ;;
  *) verdict=failed ;;
  esac
  end_leftovers >>"$folder/logs/$id.log"
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$id" "$backend" "$name" "$verdict" \
    "$(seconds_since "$started")" "$status" >>"$folder/results"
}

# A tracer that a test left behind would slow down the next, or be seen by it. There is nobody else
# here. Kernel threads have no command line.
end_leftovers() {
  local folder pid words
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    [[ $pid -ne $$ ]] || continue
    mapfile -d '' words 2>/dev/null <"$folder/cmdline" || continue
    [[ ${#words[@]} -gt 0 ]] || continue
    echo "guest: left running, killed: ${words[*]}"
    kill -KILL "$pid" 2>/dev/null
  done
}

seconds_since() {
  awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'
}

ulimit -l 8192 # as systemd has it
mkdir -p "$folder/logs"
echo "guest: $(uname -r) is up after $(cut -d' ' -f1 /proc/uptime) s"
cut -d' ' -f1 /proc/uptime >"$folder/up"
while IFS=$'\t' read -r id backend name limit skip where line; do
  run_one "$id" "$backend" "$name" "$limit" "$skip" "$where" "$line"
done <"$folder/plan"
dmesg >"$folder/dmesg"
touch "$folder/complete"
sync
echo o >/proc/sysrq-trigger
sleep 60
