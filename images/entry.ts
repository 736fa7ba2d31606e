/** A directory, a file, or a map of path inside the image to text or to a local file. */
export type ImageSource = string | Record<string, string | { asset: string }>;

/** One entry of an image. `path` has no leading slash; the root itself is not listed. */
export type Entry = { type: "directory"; path: string } | { type: "symlink"; path: string; target: string } | FileEntry;

export interface FileEntry {
    type: "file";
    path: string;
    executable: boolean;
    size: number;
    sha256: string;
    /** A local file (absolute path), or the text itself. */
    content: { file: string; signature: string } | { text: string };
}

export interface Tree {
    /** Parents before children, siblings by UTF-16 code units: the same order in every locale. */
    entries: Entry[];
    files: number;
    /** Content bytes of all files. */
    bytes: number;
    /** The only file, when the source is one file or a map with one file. */
    single?: FileEntry;
}
