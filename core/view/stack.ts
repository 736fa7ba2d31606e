import { logicalName, stackOf } from "../../model";
import { type ExportedResource, isGuest, resourcesOf } from "../stackExport";

/** A guest as the state of its stack says. A value that is a secret there is left out. */
export interface StateGuest {
    urn: string;
    uuid: string;
    name: string;
    connection?: string;
    /** Xen: the ssh way to dom0. */
    sshTarget?: string;
    ipAddresses: string[];
    /** MiB. */
    memory?: number;
    /** Time of the last change of its state, ISO 8601. */
    modified?: string;
    /** The consequence that the preview of its last change named. */
    consequence?: string;
}

/** The guests of one stack; media are none. */
export interface StackGuests {
    /** Undefined for a stack without resources. */
    owner?: { project: string; stack: string };
    guests: StateGuest[];
}

/** Read the guests in what `pulumi stack export` wrote. @param source its name, for errors */
export function guestsOfStack(text: string, source: string): StackGuests {
    const resources = resourcesOf(text, source);
    const owner = resources.map(({ urn }) => stackOf(urn)).find((one) => one !== undefined);
    const guests = resources.filter(isGuest).flatMap(guestIn);
    return {
        ...(owner === undefined ? {} : { owner }),
        // A guest that is being replaced is in state twice.
        guests: [...new Map(guests.map((guest) => [guest.uuid, guest])).values()],
    };
}

function guestIn({ urn, id, modified, values }: ExportedResource): StateGuest[] {
    const uuid = text(values.uuid) ?? id;
    if (uuid === undefined || values.platform === "iso") return [];
    const addresses = Array.isArray(values.ipAddresses) ? values.ipAddresses : [];
    return [
        {
            urn,
            uuid,
            name: text(values.name) ?? logicalName(urn),
            connection: text(values.connection),
            sshTarget: text(values.sshTarget),
            ipAddresses: addresses.map((one) => text(one) ?? ""),
            memory: typeof values.memory === "number" ? values.memory : undefined,
            modified,
            consequence: text(values.consequence) || undefined,
        },
    ];
}

function text(value: unknown): string | undefined {
    return typeof value === "string" ? value : undefined;
}
