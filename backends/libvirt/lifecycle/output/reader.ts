/** Bytes that one read takes. */
export const PIECE = 256 * 1024;
