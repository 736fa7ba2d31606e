import { UnikernelError } from "../../../spec";

/** A failed system call as one of ours. `what`: `write of /var/lib/…/kernel`. */
export function fileError(error: unknown, what: string, folder: string): Error {
    if (error instanceof UnikernelError) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    switch (code) {
        case "ENOSPC":
        case "EDQUOT":
            return new UnikernelError("no-space", `${what}: no space left`, {
                hint: `see df -h ${folder}, free some space and run the command again; PULUMI_UNIKERNEL_DIR names another folder`, cause: error,
            });
        case "EACCES":
        case "EPERM":
        case "EROFS":
            return new UnikernelError("permission", `${what}: ${message}`, {
                hint: `give this user the folder: sudo install -d -m 0711 -o "$USER" ${folder}`, cause: error,
            });
        case "ENOENT":
            return new UnikernelError("invalid", `${what}: ${message}`, { cause: error });
        default:
            return code ? new UnikernelError("program-failed", `${what}: ${message}`, { cause: error }) : (error as Error);
    }
}

/** Names come from this package, but a slash in one would leave the guest's folder. */
export function plainName(name: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new UnikernelError("internal", `"${name}" is not a plain file name`);
    return name;
}
