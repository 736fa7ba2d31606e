import { shellWord } from "../../../model";
import type { Finding } from "../finding";

export interface NetworkFacts {
    uri: string;
    session: boolean;
    networks: { name: string; active: boolean }[];
}

export function judgeNetworks({ uri, session, networks }: NetworkFacts): Finding[] {
    if (session) return [{ status: "ok", found: "a session has no libvirt networks; attach by user or bridge" }];
    const virsh = `virsh -c ${shellWord(uri)}`;
    if (networks.length === 0) {
        return [
            {
                status: "warn",
                found: "there is none, so attach: { network } cannot be used",
                fix: `${virsh} net-define /usr/share/libvirt/networks/default.xml && ${virsh} net-start default`,
            },
        ];
    }
    return networks.map(({ name, active }) =>
        active
            ? { status: "ok", found: `${name} is active` }
            : {
                  status: "warn",
                  found: `${name} is not started`,
                  fix: `${virsh} net-start ${name} && ${virsh} net-autostart ${name}`,
              },
    );
}

export interface BridgeFacts {
    session: boolean;
    bridges: string[];
    /** qemu-bridge-helper, at a path where a session's QEMU looks for it. */
    helper?: { path: string; privileged: boolean };
    /** The bridges that the helper's access list allows. */
    allowed: string[];
}

export function judgeBridges({ session, bridges, helper, allowed }: BridgeFacts): Finding[] {
    const [first] = bridges;
    if (first === undefined)
        return [{ status: "ok", found: "none on this machine; attach: { bridge } cannot be used" }];
    const found = bridges.join(", ");
    if (!session) return [{ status: "ok", found }];
    if (!helper)
        return [
            {
                status: "warn",
                found: `${found}; no qemu-bridge-helper for the session`,
                fix: "sudo apt-get install qemu-system-common",
            },
        ];
    const findings: Finding[] = [];
    if (!helper.privileged) {
        findings.push({
            status: "warn",
            found: `${found}; qemu-bridge-helper may not add interfaces to them`,
            fix: `sudo setcap cap_net_admin+ep ${helper.path}`,
            note: "It still attaches only to bridges that /etc/qemu/bridge.conf allows.",
        });
    }
    if (allowed.length === 0) {
        findings.push({
            status: "warn",
            found: `${found}; none is open to sessions`,
            fix: `sudo install -d -m 0755 /etc/qemu && echo 'allow ${first}' | sudo tee -a /etc/qemu/bridge.conf`,
        });
    }
    return findings.length > 0
        ? findings
        : [{ status: "ok", found: `${allowed.join(", ")}, open to sessions by qemu-bridge-helper` }];
}

export function judgeTap({ session, device }: { session: boolean; device: boolean }): Finding {
    if (!device)
        return {
            status: "warn",
            found: "/dev/net/tun is not there; only attach: { user } can work",
            fix: "sudo modprobe tun",
        };
    return session
        ? { status: "ok", found: "/dev/net/tun is there; a session can use a tap device that was made for its user" }
        : { status: "ok", found: "/dev/net/tun is there" };
}
