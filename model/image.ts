/** File systems, and forms of disks. */
export type ImageFormat = "iso9660" | "ext2" | "ext4" | "raw" | "qcow2";

/** read: shared, never written. scratch: private, fresh at every restart. persist: private, seeded once, kept. */
export type Access = "read" | "scratch" | "persist";

/** A block device of a unikernel, after check. */
export interface BlockSpec {
    /**
     * Identity within the guest: a persist disk is found again by it. Defaults to the BlockImage's logical name or the
     * path's base name.
     */
    name: string;
    /** The BlockImage's logical name, where it differs from `name`. */
    image?: string;
    /** sha256, 64 hex digits: of the normalised tree and options for a BlockImage, of the file for a path. */
    digest: string;
    format: ImageFormat;
    /** A local file that the program gives instead of a BlockImage, as written. */
    path?: string;
    /** The BlockImage's `output`, where it has one; otherwise its file is in the cache, by digest. */
    output?: string;
    /** Absolute path inside the guest. */
    mount?: string;
    access: Access;
    /**
     * For a persist disk: when this text changes, the disk starts again from its image, once. The last text stays here
     * when the program drops it.
     */
    reseed?: string;
    /**
     * The content holds a secret: files that contain it are readable by their owner alone, and digests over it are
     * keyed.
     */
    secret?: true;
}

/**
 * Path inside the image → 16 hex digits of its content's sha256. Over 200 files: one digest for each folder, under
 * `dir/` keys.
 */
export type Manifest = Record<string, string>;

/** The identity that check computes for a BlockImage and stores as inputs. */
export interface ImageIdentity {
    digest: string;
    manifest: Manifest;
}
