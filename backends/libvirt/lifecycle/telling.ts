import { hasCode, UnikernelError } from "../../../spec";
import type { Host } from "../host";
import type { Mark } from "../model";
import type { GuestWay, LibvirtPlatform } from "../platform";
import { isTold } from "./layout";
import type { Existing } from "./look";

/** More than any guest takes: xenstore's longest message is 4096 bytes. */
const LONGEST = 64 * 1024;

/** Tells the domain of this number; undefined where the definition alone says everything. */
export type Tell = (id: number) => Promise<void>;

/**
 * What a definition's guest has to be told at each start. The value lies in the guest's folder, under a name that the mark
 * has: so a rollback tells the last good guest what that one was told, although nobody knows its plan any more.
 */
export function tellOf(
    host: Host,
    platform: LibvirtPlatform,
    guest: GuestWay,
    mark: Pick<Mark, "files" | "told"> | undefined,
    atHand?: string,
): Tell | undefined {
    const { told: key, files = [] } = mark ?? {};
    if (key === undefined) return undefined;
    return async (id) => {
        const name = files.find((file) => isTold(file.name))?.name;
        const value = atHand ?? (name && (await host.files.read(guest.uuid, name, { length: LONGEST })));
        if (!value || !platform.beforeResume)
            throw new UnikernelError(
                "not-found",
                `the configuration of the guest is not in its folder on the host (${name ?? key})`,
            );
        await platform.beforeResume(host, guest, id, { key, value });
    };
}

/**
 * Whether what runs lacks the configuration that its mark speaks of: somebody else started it, or we were killed before it
 * was told. Who may not ask cannot know.
 */
export async function isUntold(
    host: Host,
    platform: LibvirtPlatform,
    guest: GuestWay,
    { record, liveMark }: Pick<Existing, "record" | "liveMark">,
): Promise<boolean> {
    if (!record?.active || record.id === undefined || liveMark?.told === undefined || !platform.wasTold) return false;
    try {
        return !(await platform.wasTold(host, guest, record.id, liveMark.told));
    } catch (error) {
        if (hasCode(error, "permission", "unsupported", "program-missing")) return false;
        throw error;
    }
}
