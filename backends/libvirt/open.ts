import { abortable, detached, hasCode } from "../../model";
import {
    closeClient,
    isRemote,
    isSession,
    listen,
    type MethodArgs,
    type MethodName,
    type MethodResult,
    request,
    sshUri,
    type Timeouts,
} from "./client";
import { collected } from "./collected";
import { closeSsh, filesBelow, filesOf, sshChannelsOf } from "./files";
import type { Host, HostInfo } from "./host";
import { MARK_NAMESPACE, MARK_PREFIX, readCapabilities } from "./xml";

export interface OpenOptions {
    /** Milliseconds. */
    timeouts?: Partial<Timeouts>;
}

const hosts = new Map<string, Host>();

/**
 * Return the libvirt host of a URI, one object per process. Connections are opened when first needed, so this call
 * itself does not contact the host.
 */
export async function openHost(uri: string, options: OpenOptions = {}): Promise<Host> {
    let host = hosts.get(uri);
    if (!host) hosts.set(uri, (host = makeHost(uri, options)));
    return host;
}

/** Close all connections and end the processes that hold them. */
export async function closeHosts(): Promise<void> {
    hosts.clear();
    await Promise.all([closeClient(), closeSsh()]);
}

function makeHost(uri: string, options: OpenOptions): Host {
    const ask = <M extends MethodName>(what: string, method: M, ...args: MethodArgs<M>): Promise<MethodResult<M>> =>
        request(uri, method, args, what, options);
    let info: Promise<HostInfo> | undefined;
    // Of the connection that the files use: its folder is configured when the host is opened.
    const channels = sshChannelsOf(uri, options.timeouts);
    return {
        uri,
        info: () =>
            abortable(
                (info ??= detached(() =>
                    readInfo(uri, options).catch((error) => {
                        info = undefined;
                        throw error;
                    }),
                )),
            ),
        resources: async () => {
            const { processors, ...kib } = await ask("resources of the host", "nodeFacts");
            return {
                memory: Math.floor(kib.memoryKib / 1024),
                freeMemory: Math.floor(kib.freeKib / 1024),
                availableMemory: Math.floor(kib.availableKib / 1024),
                processors,
            };
        },
        domainCapabilities: (virttype, machine) => ask("domain capabilities", "domainCapabilities", virttype, machine),
        domains: {
            get: (uuid) => ifThere(ask(`look-up of domain ${uuid}`, "domainGet", uuid)),
            definition: (uuid) => ifThere(ask(`definition of domain ${uuid}`, "domainDefinition", uuid)),
            // One on this machine answers at once.
            ...(isRemote(uri)
                ? {
                      getTogether: collected((uuids, listed: (numbers: (number | null)[]) => void) =>
                          request(uri, "domainsGet", [uuids], "look-up of domains", {
                              ...options,
                              listed,
                          }),
                      ),
                  }
                : {}),
            byName: (name) => ifThere(ask(`look-up of domain "${name}"`, "domainByName", name)),
            list: () => ask("list of domains", "domainList"),
            processorTime: (uuid) => ifThere(ask(`processor time of domain ${uuid}`, "domainProcessorTime", uuid)),
            state: (uuid) => ifThere(ask(`state of domain ${uuid}`, "domainState", uuid)),
            history: async (uuid) =>
                (await ifThere(ask(`snapshots of domain ${uuid}`, "domainHistory", uuid))) ?? {
                    snapshots: [],
                    checkpoints: [],
                },
            define: (xml) => ask("definition of a domain", "domainDefine", xml),
            start: (uuid, how) => ask(`start of domain ${uuid}`, "domainStart", uuid, how),
            removeSaved: (uuid) => ask(`removal of the saved memory of domain ${uuid}`, "domainRemoveSaved", uuid),
            resume: (uuid) => ask(`resume of domain ${uuid}`, "domainResume", uuid),
            ...(isRemote(uri)
                ? {
                      resumeMarked: (uuid: string, mark: string) =>
                          ask(
                              `resume of domain ${uuid}`,
                              "domainResumeMarked",
                              uuid,
                              mark,
                              MARK_PREFIX,
                              MARK_NAMESPACE,
                          ),
                  }
                : {}),
            suspend: (uuid) => ask(`suspend of domain ${uuid}`, "domainSuspend", uuid),
            shutdown: (uuid) => ask(`shutdown of domain ${uuid}`, "domainShutdown", uuid),
            destroy: (uuid) => ask(`forced stop of domain ${uuid}`, "domainDestroy", uuid),
            undefine: (uuid) => ask(`undefinition of domain ${uuid}`, "domainUndefine", uuid),
            setAutostart: (uuid, on) => ask(`autostart of domain ${uuid}`, "domainSetAutostart", uuid, on),
            setMemory: (uuid, kib, target) => ask(`memory of domain ${uuid}`, "domainSetMemory", uuid, kib, target),
            setMetadata: (uuid, value, target) => {
                const [text, key, namespace] =
                    typeof value === "string"
                        ? ([value, MARK_PREFIX, MARK_NAMESPACE] as const)
                        : ([value.description, null, null] as const);
                return ask(`metadata of domain ${uuid}`, "domainSetMetadata", uuid, text, key, namespace, target);
            },
            updateDevice: (uuid, xml, target) =>
                ask(`device of domain ${uuid}`, "domainUpdateDevice", uuid, xml, target),
            setOnCrash: (uuid, action, target) =>
                ask(`crash action of domain ${uuid}`, "domainSetOnCrash", uuid, action, target),
            watch: (listener, signal) => listen(uri, listener, signal),
            readConsole: (uuid, milliseconds) =>
                ask(`console of domain ${uuid}`, "domainReadConsole", uuid, milliseconds),
        },
        networks: {
            get: (name) => ifThere(ask(`look-up of network "${name}"`, "networkGet", name)),
            list: () => ask("list of networks", "networkList"),
            updateReservation: (name, command, hostXml, parent) =>
                ask(`reservation on network "${name}"`, "networkUpdateReservation", name, command, hostXml, parent),
            updateRecord: (name, command, hostXml) =>
                ask(`DNS record of network "${name}"`, "networkUpdateRecord", name, command, hostXml),
            leases: (name) => ask(`leases of network "${name}"`, "networkLeases", name),
            details: (of) =>
                ifThere(ask(`look-up of network "${"name" in of ? of.name : of.uuid}"`, "networkDetails", of)),
            define: (xml) => ask("definition of a network", "networkDefine", xml),
            create: (xml) => ask("start of a network", "networkCreate", xml),
            start: (uuid) => ask(`start of network ${uuid}`, "networkStart", uuid),
            destroy: (uuid) => ask(`stop of network ${uuid}`, "networkDestroy", uuid),
            undefine: (uuid) => ask(`undefinition of network ${uuid}`, "networkUndefine", uuid),
            setAutostart: (uuid, on) => ask(`autostart of network ${uuid}`, "networkSetAutostart", uuid, on),
            update: (uuid, change) => ask(`${change.section} of network ${uuid}`, "networkUpdate", uuid, change),
        },
        files: filesOf(uri, options.timeouts),
        filesBelow: (base) => filesBelow(base, uri, options.timeouts),
        channels: (sshTarget) =>
            sshTarget === undefined
                ? channels
                : sshChannelsOf(sshUri({ connection: uri, sshTarget }), options.timeouts),
    };
}

async function readInfo(uri: string, options: OpenOptions): Promise<HostInfo> {
    const facts = await request(uri, "connectionFacts", [], "facts of the host", options);
    const { hostname, libvirtVersion, hypervisorVersion, capabilities } = facts;
    return {
        uuid: readCapabilities(capabilities).hostUuid,
        hostname,
        session: isSession(facts.uri),
        local: !isRemote(uri),
        libvirtVersion,
        hypervisorVersion,
        capabilities,
    };
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
    try {
        return await work;
    } catch (error) {
        if (hasCode(error, "not-found")) return undefined;
        throw error;
    }
}
