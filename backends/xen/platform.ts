import { ipAddresses } from "../libvirt/addresses";
import { consoleCommand } from "../libvirt/consoleCommand";
import type { Host } from "../libvirt/host";
import type { LibvirtPlatform } from "../libvirt/platform";
import { checkXen } from "./check";
import { chooseXen } from "./choose";
import { xenConsequences } from "./consequences";
import { xenConsole } from "./console";
import type { Dom0 } from "./dom0";
import { explainStart } from "./explain";
import { xenMeaningless } from "./meaningless";
import { xenModel } from "./model";
import { xenStartErrors } from "./startErrors";
import { tell, told } from "./xenstore";

/** Xen, through libvirt's libxl driver. @param dom0Of the way to dom0 itself */
export function createXen(dom0Of: (host: Host) => Dom0): LibvirtPlatform {
    return {
        platform: "xen",
        defaultConnection: () => "xen:///system",
        consequences: xenConsequences,
        meaningless: xenMeaningless,
        check: checkXen,
        choose: (host, plan) => chooseXen(host, dom0Of(host), plan),
        model: xenModel,
        ipAddresses,
        consoleCommand,
        console: (host, name) => xenConsole(dom0Of(host), name),
        beforeResume: (host, id, { key, value }) => tell(dom0Of(host).xenstore, id, key, value),
        wasTold: async (host, id, key) => (await told(dom0Of(host).xenstore, id, key)) !== undefined,
        explain: (host) => explainStart(dom0Of(host)),
        startErrors: xenStartErrors,
    };
}
