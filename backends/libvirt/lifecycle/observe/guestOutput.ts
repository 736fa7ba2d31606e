import type { OutputOptions, OutputReader } from "../../../backend";
import type { Host } from "../../host";
import type { LibvirtPlatform } from "../../platform";
import { existingOf } from "../existing";
import { folderOf, withFilesOf } from "../files/records";
import { keptConsole } from "../readiness/console";

/** Return a reader of what a guest prints, where its mark records it; undefined where no program stores it. */
export async function guestOutput(
    host: Host,
    platform: LibvirtPlatform,
    guest: { uuid: string; name: string; sshTarget?: string },
    options: OutputOptions,
): Promise<OutputReader | undefined> {
    const record = await host.domains.get(guest.uuid);
    const { mark, liveMark } = record ? existingOf(record, []) : {};
    const own = withFilesOf(host, (mark ?? liveMark)?.folder, await folderOf(host, guest.uuid));
    return keptConsole(own, platform, { ...guest, sshTarget: guest.sshTarget }).output(options);
}
