import type { Part } from "../../../../model";

/** Every user may read a shared file, since libvirt gives it to the owner that one of its guests has. */
export const SHARED_MODE = 0o644;

/**
 * Return the source of a file that may share an inode with other guests' files; undefined for any other. Every user
 * may read it, its name has a digest, so that it is never written again, and its content is one file.
 */
export function shareableSource(name: string, mode: number, parts: Part[]): string | undefined {
    const only = parts.length === 1 ? parts[0]! : undefined;
    return mode === SHARED_MODE && hasSharedName(name) && only && "file" in only ? only.file : undefined;
}

/** Return whether a name has a digest, as those of kernels, initrds and images have. */
export function hasSharedName(name: string): boolean {
    return /-[0-9a-f]{16}(\.[a-z0-9]+)?$/.test(name);
}
