/** A program that this package starts. */
export interface Program {
    program: string;
    /** The Debian package that contains it. */
    package: string;
    purpose: string;
    needed: boolean;
    /** The argument that makes it print its version. */
    versionArgument: string;
}

export const programs: readonly Program[] = [
    {
        program: "xorriso",
        package: "xorriso",
        purpose: "iso9660 images, the default",
        needed: true,
        versionArgument: "-version",
    },
    { program: "mke2fs", package: "e2fsprogs", purpose: "ext2 and ext4 images", needed: false, versionArgument: "-V" },
    { program: "debugfs", package: "e2fsprogs", purpose: "ext2 and ext4 images", needed: false, versionArgument: "-V" },
    {
        program: "qemu-img",
        package: "qemu-utils",
        purpose: "qcow2 images",
        needed: false,
        versionArgument: "--version",
    },
    {
        program: "grub-mkimage",
        package: "grub-common",
        purpose: "platform iso",
        needed: false,
        versionArgument: "--version",
    },
    { program: "mformat", package: "mtools", purpose: "platform iso", needed: false, versionArgument: "--version" },
    { program: "mcopy", package: "mtools", purpose: "platform iso", needed: false, versionArgument: "--version" },
];
