# The kernels: which Debian package each is, fetched once and kept. Sourced.
# shellcheck shell=bash

all_kernels=(5.10 6.1 6.12 6.12-arm64-16k)

# kernel_source KERNEL: the release that has it, its architecture, and what its package is called,
# a pattern of awk's. Unsigned packages hold the same kernel once more; cloud, rt, dbg are others.
kernel_source() {
  case $1 in
  5.10) echo 'bullseye amd64 ^linux-image-5[.]10[.][^-]*-[^-]*-amd64$' ;;
  6.1) echo 'bookworm amd64 ^linux-image-6[.]1[.][^-]*-[^-]*-amd64$' ;;
  6.12) echo 'bookworm amd64 ^linux-image-6[.]12[.][^-]*-amd64$' ;;
  6.12-arm64-16k) echo 'bookworm arm64 ^linux-image-6[.]12[.][^-]*-arm64-16k$' ;;
  *) return 1 ;;
  esac
}

newest_package() { apt_cache pkgnames linux-image- | awk -v like="$1" '$0 ~ like' | sort -V | tail -n 1; }

# The package as it came, and its hash from when apt had checked it. What was unpacked from it is not
# compared again.
kept_kernel_is_sound() {
  [[ -f $1/package.deb && -f $1/sha256 && -f $1/unpacked ]] &&
    (cd "$1" && sha256sum --quiet --status -c sha256)
}

# fetch_kernel KERNEL: sets kernel_folder, kernel_image, kernel_version, kernel_arch.
fetch_kernel() {
  local release like
  read -r release kernel_arch like < <(kernel_source "$1") || die "no such kernel: $1"
  kernel_folder=$cache/kernels/$1
  (
    take_turn "kernel-$1"
    if ! kept_kernel_is_sound "$kernel_folder"; then
      download_kernel "$1" "$release" "$kernel_arch" "$like"
    fi
  )
  kernel_image=$(echo "$kernel_folder"/root/boot/vmlinuz-*)
  kernel_version=${kernel_image##*/vmlinuz-}
  [[ -f $kernel_image && -d $kernel_folder/root/lib/modules/$kernel_version ]] ||
    die "kernel $1: no kernel in its package"
}

# download_kernel KERNEL RELEASE ARCHITECTURE PATTERN
download_kernel() {
  local package made=$kernel_folder.new
  say "$1: fetching its package"
  rm -rf "$made" "$kernel_folder"
  use_apt "$2" "$3"
  (take_turn "apt-$2-$3" && apt_update)
  package=$(newest_package "$4")
  [[ -n $package ]] || die "no package of $2 is called $4"
  apt_download "$made" "$package"
  mv "$made"/*.deb "$made/package.deb"
  (cd "$made" && sha256sum package.deb >sha256)
  dpkg -x "$made/package.deb" "$made/root"
  depmod -b "$made/root" "$(basename "$made"/root/lib/modules/*)"
  touch "$made/unpacked"
  mv "$made" "$kernel_folder"
  say "$1: $package"
}
