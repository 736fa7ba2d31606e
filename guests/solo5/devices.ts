import type { NumberedDevice, Problem, UnikernelSpec } from "../../model";
import { unless } from "../checks";
import type { Solo5Device } from "./manifest";

type Devices = Pick<UnikernelSpec, "blocks" | "interfaces">;

/**
 * Return the devices in the order of the program's own list, which is how it finds them on the PCI bus: blocks by their
 * names, interfaces one after the other.
 */
export function orderOf({ blocks }: Devices, declared: Solo5Device[]): NumberedDevice[] {
    let interfaces = 0;
    return declared.map(({ name, kind }) =>
        kind === "net" ? { interface: interfaces++ } : { block: blocks.findIndex((block) => block.name === name) },
    );
}

/** Check that the devices are those that the program declares: with others it ends at once. */
export function checkDevices({ blocks, interfaces }: Devices, declared: Solo5Device[]): Problem[] {
    const disks = declared.filter(({ kind }) => kind === "block").map(({ name }) => name);
    const cards = declared.filter(({ kind }) => kind === "net").map(({ name }) => name);
    const missing = disks.filter((name) => !blocks.some((block) => block.name === name));
    return [
        ...blocks.flatMap(({ name }, index) =>
            unless(
                disks.includes(name),
                `blocks[${index}].name`,
                `the program declares no disk "${name}"; it declares ${listOf(disks, "no disk")}`,
            ),
        ),
        ...unless(
            missing.length === 0,
            "blocks",
            `the program declares the disk ${missing.map((name) => `"${name}"`).join(", ")}, which is not among blocks: name one so (blocks[].name)`,
        ),
        ...unless(
            interfaces.length === cards.length,
            "interfaces",
            `${interfaces.length} interfaces: the program declares ${listOf(cards, "none")}, and ends at once with another number`,
        ),
    ];
}

const listOf = (names: string[], none: string): string =>
    names.length === 0 ? none : names.map((name) => `"${name}"`).join(", ");
