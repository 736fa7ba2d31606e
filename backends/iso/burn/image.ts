import { type FileHandle, open } from "node:fs/promises";

import { errnoOf } from "../../../localFiles";
import { UnikernelError } from "../../../model";
import type { Disk } from "./disk";

/** The image as whole sectors of a device. The device's bytes after the image's end are kept. */
export class PaddedImage {
    private padding: Uint8Array = new Uint8Array(0);

    private constructor(
        private readonly path: string,
        private readonly size: number,
        private readonly handle: FileHandle,
        private readonly signature: string,
    ) {}

    /** @throws UnikernelError `not-found`, `permission`; `changed` where its size is not `size` */
    static async open(path: string, size: number): Promise<PaddedImage> {
        const handle = await open(path, "r").catch((error) => {
            throw unreadable(error, path);
        });
        const signature = await signatureOf(handle);
        const image = new PaddedImage(path, size, handle, signature);
        if (signature.startsWith(`${size} `)) return image;
        await handle.close();
        throw image.changed();
    }

    /** @param bytes the bytes that follow the image in its last sector */
    padWith(bytes: Uint8Array): void {
        this.padding = Uint8Array.from(bytes);
    }

    async read(buffer: Buffer, offset: number): Promise<void> {
        const end = Math.max(0, Math.min(buffer.length, this.size - offset));
        for (let at = 0; at < end; ) {
            const { bytesRead } = await this.handle.read(buffer, at, end - at, offset + at).catch((error) => {
                throw unreadable(error, this.path);
            });
            if (bytesRead === 0) throw this.changed();
            at += bytesRead;
        }
        buffer.set(this.padding.subarray(0, buffer.length - end), end);
    }

    /** @throws UnikernelError `changed` where the file was written since it was opened */
    async assertUnchanged(): Promise<void> {
        if ((await signatureOf(this.handle)) !== this.signature) throw this.changed();
    }

    close(): Promise<void> {
        return this.handle.close();
    }

    private changed(): UnikernelError {
        return new UnikernelError("changed", `${this.path} changed since it was baked`, {
            hint: "wait until the program that writes it has finished, then run again",
        });
    }
}

/**
 * Pad the image with the device's bytes after the image's end in its last sector, or with zeros where they cannot be
 * read. @param room a page or more
 */
export async function padFrom(
    disk: Disk,
    image: PaddedImage,
    size: number,
    sector: number,
    room: Buffer,
): Promise<void> {
    const last = Math.floor(size / sector) * sector;
    if (last === size) return;
    const there = room.subarray(0, sector);
    if (!(await disk.tryRead(there, last))) there.fill(0);
    image.padWith(there.subarray(size - last));
}

async function signatureOf(handle: FileHandle): Promise<string> {
    const { size, mtimeNs } = await handle.stat({ bigint: true });
    return `${size} ${mtimeNs}`;
}

function unreadable(error: unknown, path: string): unknown {
    const errno = errnoOf(error);
    if (errno === undefined) return error;
    const code = errno === "ENOENT" ? "not-found" : errno === "EACCES" ? "permission" : "program-failed";
    return new UnikernelError(code, `the image ${path} cannot be read: ${errno}`, { cause: error });
}
