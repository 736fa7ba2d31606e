import type { UnikernelSpec } from "../../../../model";
import type { Observation } from "../../../backend";
import type { Host, LeaseRecord } from "../../host";
import type { LibvirtPlatform } from "../../platform";

/** Return the leases that may contain this guest's addresses. Reads only networks where the guest uses DHCP. */
export async function leasesFor(host: Host, { interfaces }: Pick<UnikernelSpec, "interfaces">): Promise<LeaseRecord[]> {
    const networks = interfaces.flatMap(({ attach, ipv4 }) =>
        "network" in attach && (ipv4 === undefined || ipv4 === "dhcp") ? [attach.network] : [],
    );
    // Addresses are only for display: a network whose leases cannot be read has none.
    const all = await Promise.all([...new Set(networks)].map((name) => host.networks.leases(name).catch(() => [])));
    return all.flat();
}

export interface ObservedGuest {
    host: Host;
    platform: LibvirtPlatform;
    spec: UnikernelSpec;
    hostUuid: string;
    consoleLog: string;
}

/** Return the observation after a create or update, with few or no calls to the host. */
export async function observation(
    { host, platform, spec, hostUuid, consoleLog }: ObservedGuest,
    known: Pick<Observation, "state" | "bootDigest" | "unfinished" | "incarnation" | "folder">,
): Promise<Observation> {
    return {
        ...known,
        host: hostUuid,
        drift: {},
        consoleLog,
        consoleCommand: platform.consoleCommand(spec),
        ipAddresses: platform.ipAddresses(spec, known.state === "stopped" ? [] : await leasesFor(host, spec)),
    };
}
