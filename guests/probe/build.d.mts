/** Assemble probe.S with gcc and binutils. */
export function assemble(): Promise<Buffer>;
