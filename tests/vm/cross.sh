# Building for arm64 with Debian's cross compiler, against the sysroot. Sourced.
# shellcheck shell=bash

# build_arm64: into build-arm64/: the program, and the tests that are to be run. A test's programs
# come with it.
build_arm64() {
  local folder=$project/build-arm64
  say "arm64: building"
  mkdir -p "$folder"
  cmake -S "$project" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_TOOLCHAIN_FILE="$project/cmake/aarch64.cmake" -DMLOCKSCOPE_SYSROOT="$sysroot" \
    -DMLOCKSCOPE_TESTS=ON ${BPFTOOL:+-DBPFTOOL="$BPFTOOL"} >"$folder/configure.log" 2>&1 || {
    cat "$folder/configure.log" >&2
    die "cmake failed for arm64"
  }
  local targets backend
  mapfile -t targets < <(
    for backend in "${backends[@]}"; do
      ctest --test-dir "$folder" --show-only=json-v1 |
        jq -r --arg wanted "$(label_for "$backend")" --arg regex "$tests_regex" '.tests[]
          | select(any(.properties[]?; .name == "LABELS" and any(.value[]; . == $wanted)))
          | .name | select(test($regex))'
    done | sort -u
  )
  cmake --build "$folder" -j "${JOBS:-$(nproc)}" --target mlockscope "${targets[@]}" -- --quiet ||
    die "it does not build for arm64"
}
