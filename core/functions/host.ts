import { type Backends, openHost } from "../../backends";
import { inspectHost, workingAccelerators } from "../../backends/inspection";
import { hostAt } from "./connection";

interface Services {
    connection?: string;
    backends: Backends;
    log(message: string): void;
}

export async function getHost(
    { connection: asked }: { connection?: string },
    services: Services,
): Promise<{ results: Record<string, unknown> }> {
    const { connection, backend } = hostAt(asked, services);
    const facts = await inspectHost(connection);
    const host = await openHost(connection);
    const [{ memory, freeMemory, processors }, uuid] = [await host.resources(), await backend.hostId(connection)];
    const onXen = facts.emulators.includes("xen");
    return {
        results: {
            connection,
            uuid,
            hostname: facts.hostname,
            processors,
            platforms: [
                ...(facts.emulators.some((type) => type === "kvm" || type === "qemu") ? ["kvm"] : []),
                ...(onXen ? ["xen"] : []),
            ],
            accelerators: onXen ? [] : await workingAccelerators(host, services),
            memory: { total: memory, free: freeMemory },
            networks: facts.networks.sort((one, other) => (one.name < other.name ? -1 : 1)),
            libvirtVersion: facts.libvirt,
            hypervisorVersion: facts.qemu,
        },
    };
}
