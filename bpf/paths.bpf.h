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
struct path_step {
	struct wire_path *path;
	struct dentry *dentry;
	struct mount *mount;
};

static long next_part(__u32 i, struct path_step *step)
{
	struct wire_path *path = step->path;
	struct dentry *dentry = step->dentry, *up;
	struct mount *mount = step->mount, *parent;

	if (dentry != BPF_CORE_READ(mount, mnt.mnt_root)) {
		if (!add_part(path, BPF_CORE_READ(dentry, d_name.name)))
			return 1;
		up = BPF_CORE_READ(dentry, d_parent);
		if (up == dentry) {
			path->flags = path->parts == 1 ? WIRE_PATH_COMPLETE : 0;
			return 1;
		}
		step->dentry = up;
		return 0;
	}
	parent = BPF_CORE_READ(mount, mnt_parent);
	if (parent == mount || !parent) {
		path->flags = WIRE_PATH_COMPLETE;
		return 1;
	}
	step->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	step->mount = parent;
	return 0;
}

static __noinline __maybe_unused int walk_path(struct wire_path *path, struct dentry *dentry,
					       struct vfsmount *vfs)
{
	struct path_step step = { .path = path, .dentry = dentry };

	if (!path)
		return 0;
	path->parts = path->flags = 0;
	step.mount = (void *)vfs - bpf_core_field_offset(struct mount, mnt);
	repeat(FEW(2 * WIRE_PATH_PARTS, 16), next_part, &step);
	return 0;
}

#endif
