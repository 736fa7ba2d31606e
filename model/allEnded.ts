/**
 * Wait until all promises have ended, and only then fail, with the first failure in their order: what is still under way
 * cannot be undone.
 * @returns their values
 */
export async function allEnded<T extends readonly unknown[] | []>(
    work: T,
): Promise<{ -readonly [Key in keyof T]: Awaited<T[Key]> }> {
    await Promise.allSettled(work);
    return Promise.all(work);
}
