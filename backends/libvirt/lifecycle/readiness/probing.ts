import { UnikernelError, type UnikernelSpec } from "../../../../model";
import type { Host, HostInfo } from "../../host";
import type { Probing } from "./probe";
import { fromHere, fromHost } from "./reach";
import { noRoute, portOf, problemFromHere, routesTo } from "./routes";

export type ProbedSpec = Pick<UnikernelSpec, "connection" | "interfaces" | "readiness" | "sshTarget">;

interface Probed {
    spec: ProbedSpec;
    host: Host;
    info: HostInfo;
}

/**
 * Return how readiness's port is probed: from the guest's host where that is reached by ssh, else from here; undefined
 * when it uses no port.
 * @throws UnikernelError `invalid` when no route exists, `unsupported` where only the host could probe it and does not
 */
export async function probingOf({ spec, host, info }: Probed): Promise<Probing | undefined> {
    const port = portOf(spec.readiness);
    if (port === undefined) return undefined;
    const channels = info.local ? undefined : host.channels?.(spec.sshTarget);
    const refusal = await channels?.refusal();
    const there = channels && refusal === undefined ? channels : undefined;
    const find = routesTo(spec, port, host, info.local || there !== undefined);
    // A forward on the address that the connection names is certainly the host's, from here too.
    if (refusal !== undefined && (!find || problemFromHere(spec, port) !== undefined)) throw refused(refusal);
    if (!find) throw noRoute(spec, port);
    return { find, reach: there ? fromHost(there) : fromHere };
}

function refused(refusal: string): UnikernelError {
    return new UnikernelError("unsupported", `the guest cannot be probed from its host: ${refusal}`, {
        property: "readiness",
        hint:
            "allow it there (sshd_config: AllowTcpForwarding local, PermitOpen any; no restrict or no-port-forwarding in authorized_keys), " +
            'or use readiness.console, or a forward with address "0.0.0.0" on a host that the connection names',
    });
}
