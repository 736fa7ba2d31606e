/** Return the name of the disk at an index, counted as Linux counts them: PREFIXa … PREFIXz, PREFIXaa. */
export function deviceName(prefix: "vd" | "xvd", index: number): string {
    const letter = String.fromCharCode(97 + (index % 26));
    return index < 26 ? `${prefix}${letter}` : `${prefix}${String.fromCharCode(96 + Math.floor(index / 26))}${letter}`;
}
