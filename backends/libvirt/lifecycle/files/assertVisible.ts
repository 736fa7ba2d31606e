import { hasCode, UnikernelError } from "../../../../model";
import type { Context, GuestRef } from "../../../backend";
import type { Host, HostFile } from "../../host";
import type { Mark } from "../../model";
import { folderOf, namesOf } from "./records";

/**
 * Check, before a guest is removed, that its recorded files are visible in its folder. If the folder exists but shows
 * none of them, another file system is probably mounted over it: removing the guest would leave its disks and secrets
 * behind, without a record of them. An empty folder is removed. Without a folder, the files are gone or not mounted:
 * log that.
 */
export async function assertVisible(
    host: Host,
    { uuid, name }: GuestRef,
    mark: Mark | undefined,
    files: HostFile[],
    context: Context,
): Promise<void> {
    const recorded = namesOf(mark);
    if (recorded.length === 0 || files.some((file) => recorded.includes(file.name))) return;
    const folder = await folderOf(host, uuid);
    const failure: unknown = await host.files.removeFolder(uuid).then(
        () => undefined,
        (error: unknown) => error,
    );
    if (hasCode(failure, "unreachable", "timeout")) throw failure;
    if (failure !== undefined || (await host.files.guests())?.includes(uuid)) {
        throw new UnikernelError(
            "not-found",
            `${folder} shows none of the files that are recorded of ${name}: ${recorded.join(", ")}`,
            {
                hint: `check on its host whether something is mounted over it, or a link leads nowhere (ls -ld ${folder}; findmnt -T ${folder}), and correct that; if the files were removed, remove the folder too; then run again`,
                cause: failure,
            },
        );
    }
    context.log(
        `warning: ${name}: ${folder} does not exist, so none of its files was removed: ${recorded.join(", ")}; if it is on a file system that is not mounted now, remove it there`,
    );
}
