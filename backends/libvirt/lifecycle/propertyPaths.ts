import type { AttachKind, UnikernelSpec } from "../../../spec";

/** The forward that has this host port. */
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

/** The interface that is plugged in there; without a name, the only one of its kind. */
export function attachPath(spec: UnikernelSpec, kind: AttachKind, name?: string): string | undefined {
    const found = spec.interfaces.flatMap(({ attach }, index) => {
        const there = Object.entries(attach).some(
            ([other, target]) => other === kind && (name === undefined || target === name),
        );
        return there ? [`interfaces[${index}].attach.${kind}`] : [];
    });
    return name === undefined && found.length > 1 ? undefined : found[0];
}

/** The property behind a file of the guest's folder, by the names that layout.ts gives. */
export function filePath(spec: UnikernelSpec, path: string): string | undefined {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (/^kernel-[0-9a-f]{16}$/.test(name)) return "kernel";
    // Of a guest that declares none it holds the configuration: several properties are in it.
    if (/^initrd-[0-9a-f]{16}$/.test(name)) return spec.initrd === undefined ? undefined : "initrd";
    const index = spec.blocks.findIndex(
        (block) => name.startsWith(`${block.name}-`) || name.startsWith(`${block.name}.`),
    );
    return index < 0 ? undefined : `blocks[${index}]`;
}
