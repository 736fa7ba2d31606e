import { hasCode } from "../../model";
import { ipAddresses } from "../libvirt/addresses";
import { mediumOnly } from "../libvirt/consequences";
import { consoleCommand } from "../libvirt/consoleCommand";
import type { Host } from "../libvirt/host";
import type { GuestAccess, LibvirtPlatform } from "../libvirt/platform";
import { checkXen } from "./check";
import { chooseXen } from "./choose";
import { xenConsequences } from "./consequences";
import { xenConsole } from "./console";
import { type Dom0, libvirtAlone } from "./dom0";
import { explainStart } from "./explain";
import { endGdbsx, startGdbsx } from "./gdb";
import { xenModel } from "./model";
import { xenStartErrors } from "./startErrors";
import { domainUptimes } from "./uptimes";
import { powerOff, readGuestKey, writeGuestKey } from "./xenstore";

/** Return the platform of Xen with libvirt's libxl driver. @param dom0Of returns the dom0 of a guest */
export function createXen(dom0Of: (host: Host, guest: Pick<GuestAccess, "sshTarget">) => Dom0): LibvirtPlatform {
    return {
        platform: "xen",
        driver: "xen",
        defaultConnection: () => "xen:///system",
        consequences: { ...mediumOnly, ...xenConsequences },
        check: checkXen,
        choose: (host, plan) => chooseXen(host, dom0Of(host, plan.spec), plan),
        model: xenModel,
        ipAddresses,
        consoleCommand,
        uptimes: (host, uuids, sshTarget) => domainUptimes(dom0Of(host, { sshTarget }), uuids),
        console: (host, guest) => xenConsole(dom0Of(host, guest), guest.name, guest.sshTarget === undefined),
        writeRuntimeConfig: (host, guest, id, { key, value }) =>
            writeGuestKey(dom0Of(host, guest).xenstore, id, key, value),
        hasRuntimeConfig: async (host, guest, id, key) =>
            (await readGuestKey(dom0Of(host, guest).xenstore, id, key)) !== undefined,
        askToShutDown: async (host, guest, id) => {
            const dom0 = dom0Of(host, guest);
            if (dom0 === libvirtAlone) return false;
            try {
                await powerOff(dom0.xenstore, id);
                return true;
            } catch (error) {
                if (hasCode(error, "permission", "program-missing")) return false;
                throw error;
            }
        },
        debug: async (host, guest, id, port) =>
            startGdbsx(dom0Of(host, guest), guest.uuid, id, port, (await host.info()).hostname),
        endDebug: (host, guest) => endGdbsx(dom0Of(host, guest), guest.uuid),
        explain: (host, guest, took) => explainStart(dom0Of(host, guest), took),
        startErrors: xenStartErrors,
    };
}
