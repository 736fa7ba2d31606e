import { UnikernelError } from "../../../spec";
import type { LeftDomain, LeftFolder } from "../../backend";
import { readFacts } from "../devices";
import type { Host } from "../host";
import type { LibvirtPlatform } from "../platform";
import { MARK_VERSION, readMark } from "../xml";
import { claimedBy } from "./claim";
import { keptConsole } from "./console";
import { forgetCreation } from "./creations";
import { isLeftover } from "./decide";
import { knownTo, removeFiles } from "./files";
import { restarts } from "./look";
import { placeOf } from "./place";
import { folderOf, isData } from "./records";
import { ownEntries, release } from "./reservations";
import { stop } from "./stop";

/**
 * Remove what a create that was cut short left of a guest. Looks again before it removes: a domain that has become whole since,
 * or that is another's, stays.
 * @returns paths that stay: data, unless they are to go, and what others put there
 */
export async function sweep(
    host: Host,
    platform: LibvirtPlatform,
    left: LeftDomain | LeftFolder,
    { deleteData }: { deleteData: boolean },
): Promise<string[]> {
    const { uuid } = left;
    const record = await host.domains.get(uuid);
    const mark =
        record &&
        (readMark(record.inactiveXml) ?? (record.liveXml === undefined ? undefined : readMark(record.liveXml)));
    if (record && !("name" in left && mark?.urn === left.urn && isLeftover(mark))) {
        throw new UnikernelError("in-use", `domain ${record.name} (${uuid}) has changed since it was looked at`, {
            hint: "run the command again",
        });
    }
    if ((await claimedBy(host, uuid))?.alive) {
        throw new UnikernelError("in-use", `guest ${uuid} is being made since it was looked at`, {
            hint: "run the command again when that has ended",
        });
    }
    if (record && mark) {
        if (mark.schemaVersion > MARK_VERSION)
            throw new UnikernelError("unsupported", `domain ${record.name} was made by a newer release`, {
                hint: "sweep with that release",
            });
        const way = { uuid, name: record.name, sshTarget: undefined };
        const restarting = restarts(readFacts(record.inactiveXml)) ? record.inactiveXml : undefined;
        // It was never whole: nothing of what it does is to be waited for.
        if (record.active || restarting)
            await stop(host, platform, way, { asks: false, timeout: 0, debugged: mark.gdb !== undefined, restarting });
        await release(host, ownEntries({ mark, specs: [] }));
        await host.domains.undefine(uuid);
        await keptConsole(host, platform, way).remove();
    }
    const { kept, foreign } = await removeFiles(host, uuid, {
        known: knownTo({ mark }),
        keep: (name) => isData(name) && !deleteData,
    });
    // While data stay, the note says whose they are.
    if (kept.length === 0) await forgetCreation(placeOf(await host.info()), uuid);
    const folder = await folderOf(host, uuid);
    return [...kept, ...foreign].map((name) => `${folder}/${name}`);
}
