# The first file system of a guest: busybox, the modules that reach the host's folders and the
# scratch disk, and guest/init, which mounts them. Sourced.
# shellcheck shell=bash

guest_modules=(virtio_pci virtio_mmio 9pnet_virtio 9p virtio_blk ext4 virtio_rng)

# The files of a module and of what it needs, in the order in which they must be loaded.
module_files() {
  local module
  for module in "${guest_modules[@]}"; do
    modprobe -S "$kernel_version" -d "$kernel_folder/root" --show-depends "$module" ||
      die "$kernel_version has no module $module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# busybox cannot load what is compressed.
copy_modules() {
  local folder=$1 file name
  mkdir -p "$folder"
  while read -r file; do
    name=${file##*/}
    name=${name%%.*}.ko
    case $file in
    *.ko) cp "$file" "$folder/$name" ;;
    *.ko.xz) xz -dc "$file" >"$folder/$name" ;;
    *.ko.zst) zstd -q -dc "$file" >"$folder/$name" ;;
    *) die "a module of unknown kind: $file" ;;
    esac
    echo "$name" >>"$folder/order"
  done < <(module_files)
  [[ -s $folder/order ]] || die "no modules for $kernel_version"
}

# make_initramfs FILE BUSYBOX PROJECT: PROJECT is the folder that the guest must see at its own path.
make_initramfs() {
  local folder
  folder=$(mktemp -d)
  mkdir -p "$folder"/{bin,dev,proc,sys,host,new}
  cp "$2" "$folder/bin/busybox"
  install -m 755 "$vm_dir/guest/init" "$folder/init"
  echo "$3" >"$folder/project-path"
  copy_modules "$folder/modules"
  (cd "$folder" && find . | cpio --quiet -o -H newc -R 0:0) >"$1"
  rm -r "$folder"
}
