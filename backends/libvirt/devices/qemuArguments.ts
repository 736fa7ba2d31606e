import { all, at, type Tree } from "../xml";
import type { Device } from "./device";

/** The user's own arguments for QEMU. */
export const qemuArguments = {
    arguments: ["qemuArgs"],
    render: ({ qemuArgs }) => ({ qemuArgs }),
    read: ({ qemu }) => ({ qemuArgs: qemu.rest }),
    compared: ({ qemuArgs }) => ({ qemuArgs }),
    import: { declare: ({ commandline }) => ({ qemuArgs: commandline.rest }) },
} satisfies Device;

/**
 * Return the arguments that libvirt passes on to QEMU (libvirt: drvqemu, "Pass-through of arbitrary qemu commands").
 */
export function passedArguments(domain: Tree): string[] {
    return all(at(domain, "commandline"), "arg").map(({ attributes }) => attributes.value ?? "");
}

/** Return what an import refuses of an element in QEMU's namespace; undefined for nothing. */
export function refusedOfQemu({ name, children }: Tree): string | undefined {
    if (name !== "commandline") return `qemu:${name}`;
    return children.some((child) => child.name !== "arg") ? "qemu:env" : undefined;
}
