# Building for arm64 with Debian's cross compiler, against the sysroot. Sourced.
# shellcheck shell=bash

# build_arm64: into build-arm64/: the program, and the tests that need a kernel. The others say the
# same on any machine.
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
  cmake --build "$folder" -j "${JOBS:-$(nproc)}" --target mlockscope tests/live/all \
    tests/programs/all -- --quiet || die "it does not build for arm64"
}
