# What came out of a guest: one folder a kernel. Sourced.
# shellcheck shell=bash

# complete_results FOLDER: what was planned and has no result did not run, and that is a failure. The
# guest writes `results`; with `verdicts` there is a line for each that was planned.
complete_results() {
  local folder=$1
  [[ -f $folder/results ]] || : >"$folder/results"
  awk -F'\t' -v OFS='\t' '
    FILENAME == ARGV[1] { result[$1] = $0; next }
    $1 in result { print result[$1]; next }
    { print $1, $2, $3, "not-run", 0, "-" }' "$folder/results" "$folder/plan" >"$folder/verdicts"
}

xml_text() { tr -d '\000-\010\013\014\016-\037' | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'; }

# write_junit KERNEL FOLDER
write_junit() {
  local id backend name verdict seconds status
  {
    echo '<?xml version="1.0" encoding="UTF-8"?>'
    echo "<testsuite name=\"vm $1\" $(awk -F'\t' '
      { n[$4]++; time += $5 }
      END { printf "tests=\"%d\" failures=\"%d\" skipped=\"%d\" time=\"%.1f\"",
            NR, NR - n["passed"] - n["skipped"], n["skipped"], time }' "$2/verdicts")>"
    while IFS=$'\t' read -r id backend name verdict seconds status; do
      echo "<testcase classname=\"vm.$1.$backend\" name=\"$name\" time=\"$seconds\">"
      case $verdict in
      passed) ;;
      skipped) echo '<skipped/>' ;;
      *)
        echo "<failure message=\"$verdict, status $status\">"
        { tail -n 100 "$2/logs/$id.log" 2>/dev/null || true; } | xml_text
        echo '</failure>'
        ;;
      esac
      echo '</testcase>'
    done <"$2/verdicts"
    echo '</testsuite>'
  } >"$2/junit.xml"
}

# show_failures KERNEL FOLDER: the end of each failed test's log, and where the rest is.
show_failures() {
  local id backend name verdict seconds status
  while IFS=$'\t' read -r id backend name verdict seconds status; do
    case $verdict in passed | skipped) continue ;; esac
    printf -- '-- %s, %s, %s: %s after %s s, status %s: %s\n' \
      "$1" "$backend" "$name" "$verdict" "$seconds" "$status" "$2/logs/$id.log"
    tail -n 30 "$2/logs/$id.log" 2>/dev/null || true
  done <"$2/verdicts"
}

# show_table FOLDER KERNEL...: a line for each kernel and backend, and the sum of all last. Returns 1
# unless all went well.
show_table() {
  local folder=$1 kernel
  shift
  for kernel in "$@"; do
    awk -v OFS='\t' -v kernel="$kernel" '{ print kernel, $0 }' "$folder/$kernel/verdicts"
  done | awk -F'\t' '
    BEGIN { row = "%-16s %-11s %7s %7s %8s %8s\n"
            printf row, "kernel", "backend", "passed", "failed", "skipped", "seconds" }
    { key = $1 FS $3
      if (!(key in seen)) { seen[key] = ++keys; name[keys] = key }
      verdict = $5 == "passed" || $5 == "skipped" ? $5 : "failed"
      count[key, verdict]++; sum[verdict]++; seconds[key] += $6 }
    END {
      for (i = 1; i <= keys; ++i) {
        split(name[i], word, FS); key = name[i]
        printf row, word[1], word[2], count[key, "passed"] + 0, count[key, "failed"] + 0,
          count[key, "skipped"] + 0, sprintf("%.0f", seconds[key])
      }
      printf "%d passed, %d failed, %d skipped\n", sum["passed"], sum["failed"], sum["skipped"]
      exit sum["failed"] > 0 || sum["passed"] == 0
    }'
}
