import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { type Forward, forwardsOf, UnikernelError, type UnikernelSpec } from "../../model";
import type { HostProblem } from "../capabilities";
import { isRemote, isSession } from "../libvirt/client";
import { sshShellOf } from "../libvirt/files";
import type { Host } from "../libvirt/host";
import { readCapabilities } from "../libvirt/xml";
import { domainCapabilities } from "./choose";
import { OWN } from "./usualForwards";

const SYSCTL = "net.ipv4.ip_unprivileged_port_start";
const FILE = `/proc/sys/${SYSCTL.replaceAll(".", "/")}`;

const ANY_ADDRESS = "/proc/sys/net/ipv4/ip_nonlocal_bind";

/** What is known of the process that listens on the ports of a host. Undefined: not known. */
export interface BindingFacts {
    hostname: string;
    /** The user that QEMU and passt run as. */
    uid?: number;
    /** The first port that needs no privilege there. */
    unprivilegedFrom?: number;
    /** The addresses of the host. */
    addresses?: string[];
    /** passt may listen in QEMU's place, and its program file may have the privilege. */
    passt: boolean;
    /** The facts are of this machine's network, and libvirtd may be in another one. */
    elsewhere: boolean;
}

/** Return the problems of forwards on which the host's QEMU cannot listen. */
export function bindingProblems({ interfaces }: Pick<UnikernelSpec, "interfaces">, facts: BindingFacts): HostProblem[] {
    return interfaces.flatMap(({ attach }, index) =>
        forwardsOf(attach).flatMap((forward, place) => {
            const at = `interfaces[${index}].attach.user.forward[${place}]`;
            return [portProblem(at, forward, facts), addressProblem(at, forward, facts)].filter(
                (one) => one !== undefined,
            );
        }),
    );
}

function portProblem(at: string, { host }: Forward, facts: BindingFacts): HostProblem | undefined {
    const { uid, unprivilegedFrom, hostname, passt, elsewhere } = facts;
    if (uid === undefined || unprivilegedFrom === undefined || host >= unprivilegedFrom) return undefined;
    const certain = uid !== 0 && !passt && !elsewhere;
    return {
        property: `${at}.host`,
        reason: `QEMU on ${hostname} runs as user ${uid}, which ${certain ? "may" : "probably may"} not listen on port ${host}: ports below ${unprivilegedFrom} need a privilege there; use a port from ${unprivilegedFrom} on, or run on that host: sudo sysctl ${SYSCTL}=${host}`,
        ...(certain ? {} : { uncertain: true }),
    };
}

function addressProblem(at: string, { address }: Forward, facts: BindingFacts): HostProblem | undefined {
    const { addresses, hostname, elsewhere } = facts;
    if (addresses === undefined || OWN.test(address) || addresses.includes(address)) return undefined;
    return {
        property: `${at}.address`,
        reason: `${hostname} has no address ${address}, so QEMU cannot listen on it; it has ${addresses.join(", ")}`,
        ...(elsewhere ? { uncertain: true } : {}),
    };
}

/** What each connection said, for this run. */
const asked = new Map<string, Promise<BindingFacts | undefined>>();

/** Return the problems of a guest's forwards on its host; none where the host cannot be asked. */
export async function hostBindingProblems(
    spec: Pick<UnikernelSpec, "interfaces" | "connection">,
    open: () => Promise<Host>,
): Promise<HostProblem[]> {
    const answer = asked.get(spec.connection) ?? factsOf(spec.connection, open);
    asked.set(spec.connection, answer);
    const facts = await answer;
    return facts ? bindingProblems(spec, facts) : [];
}

async function factsOf(connection: string, open: () => Promise<Host>): Promise<BindingFacts | undefined> {
    try {
        const host = await open();
        const { hostname, capabilities } = await host.info();
        const [unprivilegedFrom, user] = await systemFacts(connection);
        return {
            hostname,
            uid: isSession(connection) ? user : readCapabilities(capabilities).qemuUser?.uid,
            unprivilegedFrom,
            addresses: isRemote(connection) ? undefined : await localAddresses(),
            passt: await offersPasst(host),
            elsewhere: /[?&]socket=/.test(connection),
        };
    } catch (error) {
        if (error instanceof UnikernelError) return undefined;
        throw error;
    }
}

/** Return the first unprivileged port and the user, of this machine or by ssh. */
async function systemFacts(connection: string): Promise<(number | undefined)[]> {
    if (!isRemote(connection)) return [numberIn(await readFile(FILE, "utf8").catch(() => "")), process.getuid?.()];
    const said = await sshShellOf(connection)?.run(`cat ${FILE}; id -u`, []);
    return (said ?? "").split("\n").map(numberIn);
}

function numberIn(text: string): number | undefined {
    return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}

/** Return the addresses that a program on this machine can listen on; undefined where it can on any (ip(7)). */
async function localAddresses(): Promise<string[] | undefined> {
    if (numberIn(await readFile(ANY_ADDRESS, "utf8").catch(() => "")) !== 0) return undefined;
    return Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address));
}

async function offersPasst(host: Host): Promise<boolean> {
    return (await domainCapabilities(host, "qemu", "pc")).netBackends.includes("passt");
}
