import { UnikernelError } from "../../../../model";
import type { LeftDomain, LeftFolder } from "../../../backend";
import { readFacts } from "../../devices";
import type { Host } from "../../host";
import type { LibvirtPlatform } from "../../platform";
import { MARK_VERSION, readMark } from "../../xml";
import { isLeftover } from "../apply/decide";
import { restarts } from "../existing";
import { knownTo, removeFiles } from "../files/guestFiles";
import { folderOf, isData } from "../files/records";
import { hostIdOf } from "../hostIdentity";
import { ownEntries, release } from "../network/reservations";
import { claimedBy } from "../ownership/claim";
import { forgetCreation } from "../ownership/interruptedCreations";
import { stop } from "../power/stop";
import { keptConsole } from "../readiness/console";

/**
 * Remove the leftovers of an interrupted create. Checks them again first: a domain that was completed since, or that
 * belongs to another owner, stays.
 * @returns paths that were kept: data (unless `deleteData`), and files that other programs put there
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
        throw new UnikernelError("in-use", `domain ${record.name} (${uuid}) has changed since the sweep listed it`, {
            hint: "run the command again",
        });
    }
    if ((await claimedBy(host, uuid))?.alive) {
        throw new UnikernelError("in-use", `another run has begun to create guest ${uuid} since the sweep listed it`, {
            hint: "run the command again when that run has ended",
        });
    }
    if (record && mark) {
        if (mark.schemaVersion > MARK_VERSION)
            throw new UnikernelError("unsupported", `domain ${record.name} was made by a newer release`, {
                hint: "sweep with that release",
            });
        const guest = { uuid, name: record.name, sshTarget: undefined };
        const restarting = restarts(readFacts(record.inactiveXml)) ? record.inactiveXml : undefined;
        // It was never complete, so there is no need to wait for a shutdown.
        if (record.active || restarting)
            await stop(host, platform, guest, {
                asks: false,
                timeout: 0,
                debugged: mark.gdb !== undefined,
                restarting,
            });
        await release(host, ownEntries({ mark, specs: [] }));
        await host.domains.undefine(uuid);
        await keptConsole(host, platform, guest).remove();
    }
    const { kept, foreign } = await removeFiles(host, uuid, {
        known: knownTo({ mark }),
        keep: (name) => isData(name) && !deleteData,
    });
    // While data stays, keep the note, which names its owner.
    if (kept.length === 0) await forgetCreation(hostIdOf(await host.info()), uuid);
    const folder = await folderOf(host, uuid);
    return [...kept, ...foreign].map((name) => `${folder}/${name}`);
}
