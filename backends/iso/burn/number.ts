/** Return `major:minor` of a device number, split like gnu_dev_major and gnu_dev_minor of sys/sysmacros.h. */
export function numberOf(rdev: number): string {
    const dev = BigInt(rdev);
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
    const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
    return `${major}:${minor}`;
}
