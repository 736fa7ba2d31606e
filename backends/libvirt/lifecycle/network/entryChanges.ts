import type { Host } from "../../host";
import type { NetworkFacts } from "../../model";
import { renderReservation } from "../../xml";
import { renderRecord } from "../../xml/networks";
import { type FoundEntry, isRecord } from "./conflicts";
import type { DeclaredEntry } from "./declaredEntries";
import { isReservation } from "./entries";
import { forgetRecent } from "./networks";

/** Add an entry to a network, or delete it. */
export type ChangeEntry = (command: "add-last" | "delete", entry: FoundEntry) => Promise<void>;

/** Return what changes the entries of a network. */
export function changesOf(host: Host, network: NetworkFacts): ChangeEntry {
    const { networks } = host;
    const change: ChangeEntry = (command, entry) => {
        if (isRecord(entry)) {
            const { address, names } = entry;
            const record = { address, names: command === "delete" ? [] : names };
            return networks.updateRecord(network.name, command, renderRecord(record));
        }
        const xml = renderReservation({ ...entry, mac: entry.mac ?? "" });
        return networks.updateReservation(network.name, command, xml, ipElementIndex(network));
    };
    return (command, entry) =>
        change(command, entry).finally(() => {
            forgetRecent(host, network.name);
        });
}

/** Return a declared entry as a network has it. */
export function madeOf(entry: DeclaredEntry): FoundEntry {
    const { address, name } = entry;
    return isReservation(entry) ? { mac: entry.mac, address, name } : { address, names: [entry.name] };
}

/** Return the index of the <ip> element for IPv4 entries: the one with IPv4 DHCP, of which libvirt allows one. */
function ipElementIndex({ subnets }: NetworkFacts): number | undefined {
    const index = subnets.findIndex(({ family, dhcp }) => family === "ipv4" && dhcp);
    return index < 0 ? undefined : index;
}
