import { isUuid, type Part, UnikernelError } from "../../../model";
import { isPlainName } from "./unfinished";

/** Return the UnikernelError of a failed system call. @param what the operation: `write of /var/lib/…/kernel` */
export function fileError(error: unknown, what: string, folder: string): Error {
    if (error instanceof UnikernelError) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    switch (code) {
        case "ENOSPC":
        case "EDQUOT":
            return new UnikernelError("no-space", `${what}: no space left`, {
                hint: `see df -h ${folder}, free some space and run the command again; PULUMI_UNIKERNEL_DIR names another folder`,
                cause: error,
            });
        case "EACCES":
        case "EPERM":
        case "EROFS":
            return new UnikernelError("permission", `${what}: ${message}`, {
                hint: `give this user the folder: sudo install -d -m 0711 -o "$USER" ${folder}`,
                cause: error,
            });
        case "ENOENT":
            return new UnikernelError("invalid", `${what}: ${message}`, { cause: error });
        case "ESTALE":
        case "EIO":
        case "ENOTCONN":
        case "ENOTDIR":
            return new UnikernelError(
                "program-failed",
                `${what}: ${message}; the state of the files there is unknown`,
                {
                    hint: `check that ${folder} is a folder and can be listed (ls -l ${folder}); remount its file system if it is stale`,
                    cause: error,
                },
            );
        default:
            return code
                ? new UnikernelError("program-failed", `${what}: ${message}`, { cause: error })
                : (error as Error);
    }
}

/** Check that a name is a plain file name. Names come from this package, but a slash would leave the guest's folder. */
export function plainName(name: string): string {
    if (!isPlainName(name)) throw new UnikernelError("internal", `"${name}" is not a plain file name`);
    return name;
}

/** Return the error of a source that changed before or during a copy. */
export function sourceChanged(path: string, parts: Part[]): UnikernelError {
    const files = parts.flatMap((part) => ("file" in part ? [part.file] : []));
    return new UnikernelError(
        "changed",
        `write of ${path}: ${files.join(" and ") || "its content"} changed since it was read, or while it was copied`,
        {
            hint: "wait until the program that writes it has finished, then run again",
        },
    );
}

/** Return the error of a rename that would replace a file. */
export function exists(from: string, to: string): UnikernelError {
    return new UnikernelError("in-use", `rename of ${from} to ${to}: a file of that name exists`, {
        hint: "move one of the two away",
    });
}

/** Return whether a name is that of a guest's folder. */
export function isGuestFolder(name: string): boolean {
    return isUuid(name) && name === name.toLowerCase();
}
