# Debian for arm64, unpacked and not installed: what the project is cross-built against, and at the
# same time the root of the arm64 guest. Sourced.
# shellcheck shell=bash

# What a shell session needs, and what the live tests call; the libraries to build against are the
# packages of `dev`, which it hands over in MLOCKSCOPE_BUILD_PACKAGES, those that are libraries.
sysroot_tools=(base-files base-passwd bash busybox-static coreutils dash debianutils diffutils
  findutils grep gzip hostname iproute2 kmod libc-bin login mawk mount ncurses-base ncurses-bin
  netbase openssl passwd perl-base procps psmisc sed strace jq tar util-linux xz-utils
  cryptsetup-bin gnupg gpg-agent memtester stress-ng curl)
sysroot_libraries=(libc6-dev libstdc++-12-dev libgcc-12-dev linux-libc-dev catch2
  librapidcheck-dev libsodium-dev gcc binutils)

sysroot_packages() {
  local package
  printf '%s\n' "${sysroot_tools[@]}" "${sysroot_libraries[@]}"
  for package in $MLOCKSCOPE_BUILD_PACKAGES; do
    [[ $package != *-dev ]] || echo "$package"
  done
}

# fetch_sysroot: sets sysroot. Made anew when the list of packages, or how it is made, changes.
fetch_sysroot() {
  local wanted
  sysroot=$cache/sysroot-arm64
  if [[ -z ${MLOCKSCOPE_BUILD_PACKAGES:-} ]]; then
    [[ -f $sysroot.made ]] || die "no packages for arm64 yet: ./dev vm 6.12-arm64-16k fetches them"
    return
  fi
  wanted=$({
    sysroot_packages
    cat "$vm_dir/sysroot.sh"
  } | sha256sum)
  (
    take_turn sysroot-arm64
    if [[ ! -f $sysroot.made || $(cat "$sysroot.made") != "$wanted" ]]; then
      make_sysroot
      echo "$wanted" >"$sysroot.made"
    fi
  )
}

make_sysroot() {
  local packages archives
  say "arm64: fetching Debian's packages to build against and to boot"
  rm -rf "$sysroot" "$sysroot.made"
  mkdir -p "$sysroot"
  use_apt bookworm arm64
  (
    take_turn apt-bookworm-arm64
    apt_update
  )
  archives=$apt_folder/cache/archives
  mapfile -t packages < <(sysroot_packages)
  # Nothing counts as installed, so this is all that they depend on as well.
  apt_get install -y --download-only "${packages[@]}" >"$apt_folder/log/download" 2>&1 || {
    tail -n 20 "$apt_folder/log/download" >&2
    die "the packages for arm64 cannot be had"
  }
  unpack_all "$archives"
  finish_sysroot
}

# The names of before the merge of /usr are links, and tar must leave them.
unpack_all() {
  local folder package
  for folder in bin sbin lib; do
    mkdir -p "$sysroot/usr/$folder"
    ln -s "usr/$folder" "$sysroot/$folder"
  done
  for package in "$1"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
      tar -x --keep-directory-symlink --no-same-owner -C "$sysroot"
  done
}

# What the maintainer scripts would have done, as far as it matters here.
finish_sysroot() {
  local link target
  mkdir -p "$sysroot"/{dev,proc,sys,run,tmp,root,var/tmp}
  cp "$sysroot/usr/share/base-passwd/passwd.master" "$sysroot/etc/passwd"
  cp "$sysroot/usr/share/base-passwd/group.master" "$sysroot/etc/group"
  echo '127.0.0.1 localhost guest' >"$sysroot/etc/hosts"
  ln -sf mawk "$sysroot/usr/bin/awk"
  # Absolute links would lead the linker out of the sysroot.
  while IFS= read -r link; do
    target=$(readlink "$link")
    ln -sfn "$(realpath -ms --relative-to="$(dirname "$link")" "$sysroot$target")" "$link"
  done < <(find "$sysroot/usr" "$sysroot/etc" -type l -lname '/*')
}
