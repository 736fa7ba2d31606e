/** Number of hexadecimal digits in a key of digests over secrets. */
export const KEY_DIGITS = 32;

/** Return the bytes of a digest key: its first 32 hexadecimal digits. Text after them names the key's origin. */
export function keyBytes(key: string): Buffer {
    return Buffer.from(key.slice(0, KEY_DIGITS), "hex");
}
