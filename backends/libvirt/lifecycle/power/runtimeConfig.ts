import { hasCode, UnikernelError } from "../../../../model";
import type { Host } from "../../host";
import type { Mark } from "../../model";
import type { GuestAccess, LibvirtPlatform } from "../../platform";
import type { Existing } from "../existing";
import { isConfigFile } from "../files/layout";

/** Longest configuration to read, above any guest's limit: xenstore's longest message is 4096 bytes. */
const LONGEST = 64 * 1024;

/** Passes the configuration to the running domain with this number. */
export type ConfigWriter = (id: number) => Promise<void>;

/**
 * Return a function that passes a guest's configuration at a start; undefined if the definition contains all of it. The
 * value is in the guest's folder, under a name that the mark records. So a rollback can pass the last good guest its
 * configuration, although its plan is not known any more.
 */
export function configWriterOf(
    host: Host,
    platform: LibvirtPlatform,
    guest: GuestAccess,
    mark: Pick<Mark, "files" | "told"> | undefined,
    atHand?: string,
): ConfigWriter | undefined {
    const { told: key, files = [] } = mark ?? {};
    if (key === undefined) return undefined;
    return async (id) => {
        const name = files.find((file) => isConfigFile(file.name))?.name;
        const value = atHand ?? (name && (await host.files.read(guest.uuid, name, { length: LONGEST })));
        if (!value || !platform.writeRuntimeConfig)
            throw new UnikernelError(
                "not-found",
                `the configuration of the guest is not in its folder on the host (${name ?? key})`,
            );
        await platform.writeRuntimeConfig(host, guest, id, { key, value });
    };
}

/**
 * Return whether the running guest lacks the configuration that its mark records, because another program started it,
 * or this one was killed before passing it. Return false where we may not check.
 */
export async function lacksRuntimeConfig(
    host: Host,
    platform: Pick<LibvirtPlatform, "hasRuntimeConfig">,
    guest: GuestAccess,
    { record, liveMark }: Pick<Existing, "record" | "liveMark">,
): Promise<boolean> {
    if (!record?.active || record.id === undefined || liveMark?.told === undefined || !platform.hasRuntimeConfig)
        return false;
    try {
        return !(await platform.hasRuntimeConfig(host, guest, record.id, liveMark.told));
    } catch (error) {
        if (hasCode(error, "permission", "unsupported", "program-missing")) return false;
        throw error;
    }
}
