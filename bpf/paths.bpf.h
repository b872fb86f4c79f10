/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Paths of files, as the kernel has them: from the last part to the first. */
#ifndef MLOCKSCOPE_PATHS_BPF_H
#define MLOCKSCOPE_PATHS_BPF_H

#include "maps.bpf.h"

/* False if there is no room, or the name had to be cut. */
static __always_inline bool add_part(struct wire_path *path, const void *name)
{
	__u32 i = path->parts;
	long length;

	if (i >= WIRE_PATH_PARTS)
		return false;
	length = bpf_probe_read_kernel_str(path->part[i], WIRE_PART_LEN, name);
	if (length <= 0 || length == WIRE_PART_LEN)
		return false;
	path->parts = i + 1;
	return true;
}

/*
 * As fs/d_path.c prepend_path() does it, up to the root of all mounts. What has no place in any
 * folder, as a memfd, has its name as its only part (simple_dname()).
 */
static __noinline __maybe_unused int walk_path(struct wire_path *path, struct dentry *dentry,
					       struct vfsmount *vfs)
{
	struct mount *mount, *parent;
	struct dentry *up;

	if (!path)
		return 0;
	path->parts = path->flags = 0;
	mount = (void *)vfs - bpf_core_field_offset(struct mount, mnt);
	for (int i = 0; i < 2 * WIRE_PATH_PARTS; i++) {
		if (dentry != BPF_CORE_READ(mount, mnt.mnt_root)) {
			if (!add_part(path, BPF_CORE_READ(dentry, d_name.name)))
				return 0;
			up = BPF_CORE_READ(dentry, d_parent);
			if (up == dentry) {
				path->flags = path->parts == 1 ? WIRE_PATH_COMPLETE : 0;
				return 0;
			}
			dentry = up;
			continue;
		}
		parent = BPF_CORE_READ(mount, mnt_parent);
		if (parent == mount || !parent) {
			path->flags = WIRE_PATH_COMPLETE;
			return 0;
		}
		dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		mount = parent;
	}
	return 0;
}

#endif
