import { logicalName } from "../../../core";
import type { ResourceKind } from "../../trampoline";
import type { Run } from "../run/run";
import type { Decoded, Properties } from "../wire/codec";
import { ResourceReference } from "../wire/codec";
import type { Path } from "../wire/wire";

/** The properties of images and interfaces that a unikernel needs. */
const NEEDED: Partial<Record<ResourceKind, string[]>> = {
    blockImage: ["digest", "format", "output", "formerly", "secret"],
    networkInterface: ["mac", "attach", "driver", "ipv4", "ipv6"],
};

/**
 * The properties of this run's images and interfaces, by URN. A reference on the wire has only a URN. The engine checks
 * a resource before those that refer to it, and one process serves one provider of one run.
 */
export class References {
    private readonly checked = new Map<string, Properties>();
    private readonly secrets = new Map<string, string[]>();
    private readonly secretParts = new Map<string, Path[]>();

    /**
     * @param run the resources that other providers of the same run have checked; left out: there is no other provider
     */
    constructor(private readonly run: () => Run | undefined = () => undefined) {}

    /**
     * Note a checked resource.
     * @param inputs as check returned them
     * @param secrets paths of the program's secrets; a resource with secrets is not shared with other processes
     * @param texts the secret values
     */
    note(kind: ResourceKind, urn: string, inputs: Properties, secrets: Decoded["secrets"], texts: string[] = []): void {
        const names = NEEDED[kind];
        if (!names) return;
        const known = { ...inputs, ...(kind === "blockImage" && inputs.secrets !== undefined ? { secret: true } : {}) };
        const needed = Object.fromEntries(
            Object.entries(known).filter(([name, value]) => names.includes(name) && value !== undefined),
        );
        this.checked.set(urn, needed);
        this.secrets.set(urn, texts);
        this.secretParts.set(
            urn,
            secrets.filter(([name]) => names.includes(String(name))),
        );
        if (!secrets.some(([name]) => names.includes(String(name)))) this.run()?.write(urn, needed);
    }

    /**
     * Return the secret texts of all resources that properties refer to, because their values are copied into the
     * arguments.
     */
    secretsIn(value: unknown): string[] {
        if (value instanceof ResourceReference) return this.secrets.get(value.urn) ?? [];
        return typeof value === "object" && value !== null
            ? Object.values(value).flatMap((inner) => this.secretsIn(inner))
            : [];
    }

    /**
     * Return the paths in a unikernel's arguments that hold secrets of referenced resources, secret numbers included.
     * @param before the secret paths of its inputs, used for references that this run has not checked
     */
    placesIn({ blocks, interfaces }: Properties, before: Path[]): Path[] {
        const within = (list: string, index: number, reference: unknown): Path[] => {
            if (!(reference instanceof ResourceReference)) return [];
            return (
                this.secretParts.get(reference.urn)?.map((path) => [list, index, ...path]) ??
                before.filter(([name]) => name === list)
            );
        };
        return [
            ...(Array.isArray(blocks)
                ? blocks.flatMap((block: unknown, index) =>
                      within("blocks", index, Reflect.get(Object(block), "image")),
                  )
                : []),
            ...(Array.isArray(interfaces)
                ? interfaces.flatMap((nic: unknown, index) => within("interfaces", index, nic))
                : []),
        ];
    }

    /** Return a data image in the form that a unikernel takes; undefined when this run has not checked it. */
    block(urn: string): Properties | undefined {
        const image = this.find(urn);
        return image && { name: logicalName(urn), ...image };
    }

    /** Return an interface in the form that a unikernel takes; undefined when this run has not checked it. */
    nic(urn: string): Properties | undefined {
        const nic = this.find(urn);
        return nic && { ...nic };
    }

    private find(urn: string): Properties | undefined {
        return this.checked.get(urn) ?? this.run()?.read(urn);
    }
}
