/** File systems, and forms of disks. */
export type ImageFormat = "iso9660" | "ext2" | "ext4" | "raw" | "qcow2";

/** read: shared, never written. scratch: private, fresh at every restart. persist: private, seeded once, kept. */
export type Access = "read" | "scratch" | "persist";

/** A block device of a unikernel, after check. */
export interface BlockSpec {
    /** Identity within the guest, by default the BlockImage's logical name or the path's base name: a persist disk is found again by it. */
    name: string;
    /** The BlockImage's logical name, where `name` is another. */
    image?: string;
    /** sha256, 64 hex digits: of the normalised tree and options for a BlockImage, of the file for a path. */
    digest: string;
    format: ImageFormat;
    /** A file that the user named instead of a BlockImage, as written. */
    path?: string;
    /** Where a BlockImage with an `output` keeps its file; else it is in the cache by digest. */
    output?: string;
    /** Absolute path inside the guest. */
    mount?: string;
    access: Access;
    /** Of a persist disk: a changed text has it begin again from its image, once. The last text stays here when the program drops it. */
    reseed?: string;
    /** Its content holds a secret: each file with it is readable by its owner alone, and digests over it are keyed. */
    secret?: true;
}

/** path inside the image → 16 hex digits of its content's sha256 (or of the folder's digest, over 200 files: `dir/` keys). */
export type Manifest = Record<string, string>;

/** What check computes for a BlockImage and stores as inputs. */
export interface ImageIdentity {
    digest: string;
    manifest: Manifest;
}
