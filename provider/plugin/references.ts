import { logicalName } from "../../core";
import type { ResourceKind } from "../trampoline";
import type { Decoded, Properties } from "./codec";
import { ResourceReference } from "./codec";
import type { Run } from "./run";
import type { Path } from "./wire";

/** What a unikernel needs to know of what it refers to. */
const NEEDED: Partial<Record<ResourceKind, string[]>> = {
    blockImage: ["digest", "format", "output", "formerly", "secret"],
    networkInterface: ["mac", "attach", "driver", "ipv4", "ipv6"],
};

/**
 * What the images and interfaces of this run are, by URN: the engine checks a resource before the ones that refer to it,
 * and one process serves one provider of one run. A reference on the wire has a URN, and nothing of what it stands for.
 */
export class References {
    private readonly checked = new Map<string, Properties>();
    private readonly secrets = new Map<string, string[]>();
    private readonly secretParts = new Map<string, Path[]>();

    /** @param run what another provider of the same run has checked; left out, there is no other */
    constructor(private readonly run: () => Run | undefined = () => undefined) {}

    /**
     * @param inputs as check returned them
     * @param secrets where the program had secrets: those stay within this process
     * @param texts what they are
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

    /** The secret texts of all that properties refer to: they are flattened into them. */
    secretsIn(value: unknown): string[] {
        if (value instanceof ResourceReference) return this.secrets.get(value.urn) ?? [];
        return typeof value === "object" && value !== null
            ? Object.values(value).flatMap((inner) => this.secretsIn(inner))
            : [];
    }

    /**
     * Return where the arguments of a unikernel hold secrets of what they refer to, numbers too.
     * @param before where its inputs had secrets: what this run has not checked is taken for what it was
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
                ? interfaces.flatMap((card: unknown, index) => within("interfaces", index, card))
                : []),
        ];
    }

    /** A data image as a unikernel takes it; undefined when this run has not checked it. */
    block(urn: string): Properties | undefined {
        const image = this.find(urn);
        return image && { name: logicalName(urn), ...image };
    }

    /** An interface as a unikernel takes it. */
    card(urn: string): Properties | undefined {
        const card = this.find(urn);
        return card && { ...card };
    }

    private find(urn: string): Properties | undefined {
        return this.checked.get(urn) ?? this.run()?.read(urn);
    }
}
