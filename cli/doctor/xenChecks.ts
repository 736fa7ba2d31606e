import type { XenFacts } from "../../core/commands";
import { type Check, check } from "./check";
import type { Finding } from "./finding";
import * as judge from "./judge";

/** Return the checks of a Xen host beyond libvirt. @param connection id of the check that they need */
export function xenChecks(connection: string): readonly Check[] {
    const driver = "driver";
    const ofDom0 = (id: string, title: string, judgeOne: (facts: XenFacts) => Finding): Check =>
        check({
            id,
            title,
            needs: [connection, driver],
            probe: ({ dom0 }) => dom0(),
            judge: (facts) => (facts ? judgeOne(facts) : libvirtAlone),
        });
    return [
        check({
            id: driver,
            title: "Xen driver",
            needs: [connection],
            probe: async ({ host }) =>
                host().then(({ libvirt, qemu, emulators }) => ({ libvirt, xen: qemu, types: emulators })),
            judge: judge.judgeXenDriver,
        }),
        ofDom0("toolstack", "toolstack", judge.judgeToolstack),
        ofDom0("xenstore", "xenstore", judge.judgeXenstore),
        ofDom0("consoles", "consoles", judge.judgeConsoles),
        ofDom0("disks", "QEMU for Xen", judge.judgeDisks),
        ofDom0("bridges", "bridges", judge.judgeXenBridges),
    ];
}

const libvirtAlone: Finding = {
    status: "ok",
    found: "not checked: this connection reaches only libvirt, and ssh would be needed",
};
