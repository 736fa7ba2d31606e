import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { UnikernelError } from "../../model";

const MIB = 1024 * 1024;

/** Multiboot and PVH loaders place a kernel below 2 GiB, so no longer file can be one. */
const MAX_SIZE = 2048 * MIB;

/** Limit of bytes read: headers may claim anything, and no kernel's marks need more. */
const READ_BUDGET = 128 * MIB;

/** A kernel file that is read in pieces. Every read is checked against the file's end and a budget. */
export class KernelFile {
    private spent = 0;

    private constructor(
        private readonly handle: FileHandle,
        readonly path: string,
        readonly size: number,
    ) {}

    static async use<T>(path: string, action: (file: KernelFile) => Promise<T>): Promise<T> {
        const handle = await openRegular(path);
        try {
            const { size } = await handle.stat();
            if (size === 0) throw invalid(path, "an empty file", EXPECTED);
            if (size > MAX_SIZE) throw invalid(path, `a file of ${size} bytes`, `at most ${MAX_SIZE}`);
            return await action(new KernelFile(handle, path, size));
        } finally {
            await handle.close();
        }
    }

    /** @param what name of the piece, for the error when the file ends before it */
    async read(offset: number, length: number, what: string): Promise<Buffer> {
        if (!Number.isSafeInteger(offset + length) || offset + length > this.size) {
            throw this.invalid(
                `a truncated file: its ${what} should end at byte ${offset + length}, the file ends at ${this.size}`,
            );
        }
        this.spent += length;
        if (this.spent > READ_BUDGET)
            throw this.invalid(`headers that claim over ${READ_BUDGET} bytes of tables (at its ${what})`);
        const buffer = Buffer.alloc(length);
        for (let at = 0; at < length; ) {
            const { bytesRead } = await this.handle.read(buffer, at, length - at, offset + at);
            if (bytesRead === 0) throw new UnikernelError("changed", `${this.path} became shorter while it was read`);
            at += bytesRead;
        }
        return buffer;
    }

    /** Return the first bytes, fewer when the file is shorter. */
    head(length: number): Promise<Buffer> {
        return this.read(0, Math.min(length, this.size), "start");
    }

    invalid(found: string, expected = EXPECTED): UnikernelError {
        return invalid(this.path, found, expected);
    }
}

const EXPECTED = "a whole x86 kernel: an ELF file or a Linux bzImage";

function invalid(path: string, found: string, expected: string): UnikernelError {
    return new UnikernelError("invalid", `kernel ${path}: found ${found}; expected ${expected}`);
}

async function openRegular(path: string): Promise<FileHandle> {
    try {
        // Checked before opening: opening a device can have effects (rewind a tape), and a FIFO blocks until it has a
        // writer.
        requireRegular(path, await stat(path));
        const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
        try {
            requireRegular(path, await handle.stat());
        } catch (error) {
            await handle.close();
            throw error;
        }
        return handle;
    } catch (error) {
        throw translate(path, error);
    }
}

function requireRegular(path: string, file: Awaited<ReturnType<typeof stat>>): void {
    if (file.isFile()) return;
    const kind = file.isDirectory()
        ? "a directory"
        : file.isFIFO()
          ? "a FIFO"
          : file.isSocket()
            ? "a socket"
            : "a device";
    throw invalid(path, kind, "a regular file");
}

function translate(path: string, error: unknown): unknown {
    switch ((error as NodeJS.ErrnoException).code) {
        case "ENOENT":
        case "ENOTDIR":
            return new UnikernelError("invalid", `kernel ${path}: there is no such file`, { cause: error });
        case "ELOOP":
            return new UnikernelError(
                "invalid",
                `kernel ${path}: found a loop of symbolic links; expected a regular file`,
                { cause: error },
            );
        case "EACCES":
        case "EPERM":
            return new UnikernelError("permission", `kernel ${path} cannot be read`, {
                hint: `chmod a+r ${path}, and a+x on its folders`,
                cause: error,
            });
        default:
            return error;
    }
}
