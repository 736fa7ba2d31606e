import type { AttachKind, UnikernelSpec } from "../../../../model";

/** Return the property path of the forward with this host port. */
export function forwardPath(spec: UnikernelSpec, protocol: string, address: string, port: number): string | undefined {
    for (const [index, { attach }] of spec.interfaces.entries()) {
        if (!("user" in attach)) continue;
        const at = attach.user.forward.findIndex(
            (one) => one.host === port && one.protocol === protocol && one.address === address,
        );
        if (at >= 0) return `interfaces[${index}].attach.user.forward[${at}].host`;
    }
    return undefined;
}

/**
 * Return the property path of the interface that is attached to a target; without a name, of the only one of its kind.
 */
export function attachPath(spec: UnikernelSpec, kind: AttachKind, name?: string): string | undefined {
    const found = spec.interfaces.flatMap(({ attach }, index) => {
        const there = Object.entries(attach).some(
            ([other, target]) => other === kind && (name === undefined || target === name),
        );
        return there ? [`interfaces[${index}].attach.${kind}`] : [];
    });
    return name === undefined && found.length > 1 ? undefined : found[0];
}

/** Return the property behind a file in the guest's folder, by the names that layout.ts uses. */
export function filePath(spec: UnikernelSpec, path: string): string | undefined {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (/^kernel-[0-9a-f]{16}$/.test(name)) return "kernel";
    // Without a declared initrd, the file holds the configuration, which several properties define.
    if (/^initrd-[0-9a-f]{16}$/.test(name)) return spec.initrd === undefined ? undefined : "initrd";
    const index = spec.blocks.findIndex(
        (block) => name.startsWith(`${block.name}-`) || name.startsWith(`${block.name}.`),
    );
    return index < 0 ? undefined : `blocks[${index}]`;
}
