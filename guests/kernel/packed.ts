/** Compressed files by their first bytes in hexadecimal, and the program that unpacks each. */
export const PACKED: readonly [magic: string, what: string, unpack: string][] = [
    ["1f8b", "a gzip file", "gunzip"],
    ["fd377a585a00", "an xz file", "unxz"],
    ["28b52ffd", "a zstd file", "unzstd"],
    ["425a68", "a bzip2 file", "bunzip2"],
];
