import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { type ErrorCode, UnikernelError } from "../model";

const codes: Record<string, ErrorCode> = {
    ENOENT: "not-found",
    EACCES: "permission",
    EPERM: "permission",
    EROFS: "permission",
    ENOSPC: "no-space",
    EDQUOT: "no-space",
    ENOTDIR: "invalid",
    ELOOP: "invalid",
    ENAMETOOLONG: "invalid",
    EISDIR: "invalid",
};

/** Return the code of a file system error, such as ENOENT. */
export function errnoOf(error: unknown): string | undefined {
    const code =
        error !== null && typeof error === "object" && "syscall" in error && "code" in error ? error.code : undefined;
    return typeof code === "string" ? code : undefined;
}

/** Convert a file system error into one that names the file; return other errors unchanged. */
export function fsError(error: unknown, doing: string, path: string): unknown {
    const errno = errnoOf(error);
    if (errno === undefined) return error;
    const hints: Record<string, string> = {
        ENOENT: "check the path; relative paths start at the folder of the program",
        EACCES: `give the user who runs pulumi access to ${path}`,
        EPERM: `give the user who runs pulumi access to ${path}`,
        EROFS: "the file system is mounted read-only",
    };
    return new UnikernelError(codes[errno] ?? "internal", `cannot ${doing} ${path}: ${errno}`, {
        hint: hints[errno],
        cause: error,
    });
}

/** Convert an error of writing; for a full disk, with its figures. @param needed bytes, approximately */
export async function writeError(error: unknown, path: string, needed: number): Promise<unknown> {
    return ["ENOSPC", "EDQUOT"].includes(errnoOf(error) ?? "")
        ? noSpace(path, needed, error)
        : fsError(error, "write", path);
}

/** Return the error for a full disk, with the free bytes and the bytes to be written. */
export async function noSpace(path: string, needed: number, cause: unknown): Promise<UnikernelError> {
    const folder = dirname(path);
    const free = await statfs(folder).then(
        (stats) => stats.bavail * stats.bsize,
        () => undefined,
    );
    return new UnikernelError("no-space", `no space left while writing ${path}`, {
        hint: `${folder} has ${free ?? "an unknown number of"} bytes free and about ${needed} are needed; make room there, or set XDG_CACHE_HOME or \`output\` to another disk`,
        cause,
    });
}
