import type { Part } from "../../model";

export interface HostFile {
    name: string;
    size: number;
}

/** A part of a file: the last bytes, or those from `offset` on if given. */
export interface ReadRange {
    offset?: number;
    length: number;
    /**
     * A program appends to the file, and it is read again and again. The result has one character for each byte
     * (latin1), so that a character that a range cuts in two can be joined again.
     * @default false: the result is decoded as UTF-8
     */
    growing?: boolean;
}

export interface WriteOptions {
    mode: number;
    /** sha256 hex of the whole content. Other content is the error `changed`, and leaves no file of that name. */
    digest?: string;
    onProgress?(bytes: number): void;
    /** A power cut may lose the file. @default false: the file and its name are synced */
    transient?: boolean;
}

export interface FilePut {
    name: string;
    parts: Part[];
    options: WriteOptions;
}

/** A file that must have this content, or nothing is done: a create's claim. */
export interface Guard {
    name: string;
    text: string;
}

/** Absolute paths, from and to. A missing file stays missing. */
export type Renames = [from: string, to: string][];

export interface FileBatches {
    /** `list` and `strange`. */
    listAll(uuid: string): Promise<{ files: HostFile[]; strange: string[] }>;
    /** `remove` of these files, and then `removeFolder`. */
    removeAll(uuid: string, names: string[]): Promise<void>;
    /** `remove` of the guard itself, where it has its content. */
    removeGuard(uuid: string, guard: Guard): Promise<void>;
    /**
     * `list`; and `putNew` of a small file where the folder is missing or empty.
     * @returns the other files, and whether this call created the file
     */
    putInEmpty(uuid: string, put: FilePut): Promise<{ files: HostFile[]; made: boolean }>;
    /**
     * `put` of those files that take little to send, between two comparisons of the guard.
     * @returns the names of files that are complete now; "lost" where the guard has other content
     */
    putGuarded(uuid: string, puts: FilePut[], guard: Guard): Promise<string[] | "lost">;
    /**
     * Rename files elsewhere on the host, where the guard has its content.
     * @returns "lost" where it has other content; undefined where nothing was done
     */
    renameGuarded(uuid: string, guard: Guard, renames: Renames): Promise<"renamed" | "lost" | undefined>;
    /**
     * `remove` of these files, and then `removeFolder`; nothing where the folder has a file of the name `unless`.
     * @returns `listAll` before it; undefined where nothing was done
     */
    removeAllUnless(
        uuid: string,
        unless: string,
        names: string[],
    ): Promise<{ files: HostFile[]; strange: string[] } | undefined>;
}

/**
 * The guests' folders on the host: local files where we may write there, storage volumes of a pool otherwise.
 * Names are plain file names.
 */
export interface HostFiles {
    /** Return the absolute path of a file as the host's QEMU sees it. */
    path(uuid: string, name: string): Promise<string>;
    /**
     * Return the complete regular files whose names the other calls accept. [] where there is no folder; every other
     * failure is an error.
     */
    list(uuid: string): Promise<HostFile[]>;
    /**
     * Return the names in the folder that the other calls do not accept: folders, links, dot files of editors or of
     * NFS.
     */
    strange(uuid: string): Promise<string[]>;
    /**
     * Write a file: to a temporary name, then sync, then rename. Names carry a digest, so a complete file of this name
     * and size is kept; with `digest`, only when its content has that digest. A single part that is a file is reflinked
     * where the file system supports it.
     */
    put(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<void>;
    /**
     * Like put, but never replaces a file, and atomically: when several processes call this at once, exactly one
     * creates the file.
     * @returns true when this call created the file; false when one existed, whatever its content
     */
    putNew(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<boolean>;
    /** Copy a file inside the folder. Replaces `to`. */
    copy(uuid: string, from: string, to: string, options: { mode: number; transient?: boolean }): Promise<void>;
    /** @throws UnikernelError `in-use` where `to` exists, unless `replace` */
    rename(uuid: string, from: string, to: string, options?: { replace?: boolean; transient?: boolean }): Promise<void>;
    /** Succeeds when a file is missing. */
    remove(uuid: string, ...names: string[]): Promise<void>;
    /**
     * Let files of a guest that is off share their content with those of other guests, where the files are links: older
     * releases gave each guest its own copies. Left out where files cannot be links.
     */
    share?(uuid: string, names: string[]): Promise<void>;
    /**
     * Return the uuids of all guests that have a folder; undefined where they cannot be listed (another storage pool
     * has their folder).
     */
    guests(): Promise<string[] | undefined>;
    /** Remove the folder if it is empty. */
    removeFolder(uuid: string): Promise<void>;
    /** Return a part of a file; "" when the file is missing. */
    read(uuid: string, name: string, range: ReadRange): Promise<string>;
    /** Return the sha256 hex of a file on the host; undefined when the file is missing. */
    digest(uuid: string, name: string): Promise<string | undefined>;
    /** Return the size of a complete file; undefined when the file is missing. */
    size(uuid: string, name: string): Promise<number | undefined>;
    /** Return the uid of the owner of a file on the host; undefined when the file is missing. */
    owner(uuid: string, name: string): Promise<number | undefined>;
    /** Several calls by one round trip, where each takes one. Left out: single calls do the same. */
    batch?: FileBatches;
}
