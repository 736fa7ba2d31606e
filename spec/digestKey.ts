/** Hexadecimal digits of a key of digests over secrets. */
export const KEY_DIGITS = 32;

/** Return the bytes of a key of digests: its first 32 hexadecimal digits. Text behind them says where the key came from. */
export function keyBytes(key: string): Buffer {
    return Buffer.from(key.slice(0, KEY_DIGITS), "hex");
}
