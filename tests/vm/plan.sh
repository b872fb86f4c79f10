# What a guest is to run, from the build's own ctest. Sourced.
# shellcheck shell=bash

# tests_of BUILD LABEL REGEX: name, seconds, status that means skipped, folder, shell command.
# A test that was not built has no command, and then nothing is tested at all.
tests_of() {
  ctest --test-dir "$1" --show-only=json-v1 | jq -r --arg wanted "$2" --arg regex "$3" '
    def property($name; $default): (.properties // [] | map(select(.name == $name)) | first.value) // $default;
    .tests[]
    | select((property("LABELS"; []) | index($wanted)) and (.name | test($regex)))
    | if .command then . else error("\(.name) is not built") end
    | [.name, property("TIMEOUT"; 1500), property("SKIP_RETURN_CODE"; "none"),
       property("WORKING_DIRECTORY"; "/"),
       ((property("ENVIRONMENT"; []) | map(@sh)) as $settings
        | if $settings == [] then "" else "env " + ($settings | join(" ")) + " " end)
       + (.command | @sh)]
    | @tsv'
}

# label_for BACKEND: which tests are run with it. By default all of them with the one that the tracer
# chooses, and the core ones with each that it can be told to use; of --core, those with auto that
# are for once a kernel.
label_for() {
  if [[ $backends_chosen == yes ]]; then
    echo "$tests_label"
  elif [[ $1 != auto ]]; then
    echo core
  elif [[ $tests_label == core ]]; then
    echo once
  else
    echo "$tests_label"
  fi
}

# write_plan FILE BUILD: as guest/run.sh reads it.
write_plan() {
  local file=$1 build=$2 backend label settings=
  # of a million calls, what the essential ones have time for
  [[ $tests_label != core ]] || settings='MLOCKSCOPE_TEST_ROUNDS=20000 '
  : >"$file"
  for backend in "${backends[@]}"; do
    label=$(label_for "$backend")
    tests_of "$build" "$label" "$tests_regex" >"$file.tests"
    awk -F'\t' -v OFS='\t' -v backend="$backend" -v patience="$patience" \
      -v settings="$settings" \
      '{ print backend "." $1, backend, $1, int($2 * patience), $3, $4, settings $5 }' \
      "$file.tests" >>"$file"
  done
  rm "$file.tests"
  [[ -s $file ]] || die "no test is called '$tests_regex' and has the label $tests_label"
}
