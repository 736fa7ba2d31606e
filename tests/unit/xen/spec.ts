import type { Dom0 } from "../../../backends/xen";
import type { GuestCapabilities, InterfaceSpec, UnikernelSpec } from "../../../model";
import * as kvm from "../kvm/spec";

export { block } from "../kvm/spec";

export const capable: GuestCapabilities = {
    ...kvm.capable,
    platforms: ["xen"],
    drivers: { xen: "xenif" },
    writableDisks: ["xen"],
    needsRuntimeConfig: ["xen"],
    xen: "pv",
};
/** A guest that is not told at its start, and has a balloon. */
export const linux: GuestCapabilities = { ...kvm.capable, platforms: ["kvm", "xen"], xen: "pv", balloon: true };

export const spec = (more: Partial<UnikernelSpec> = {}): UnikernelSpec =>
    kvm.spec({ platform: "xen", connection: "xen:///system", ...more });
export const card = (more: Partial<InterfaceSpec> = {}): InterfaceSpec => ({
    mac: "00:16:3e:00:00:01",
    attach: { bridge: "xenbr0" },
    ipv4: "dhcp",
    ...more,
});

/** A dom0 with these files. What is done to them is written down. */
export function dom0With(files: Record<string, string> = {}): Dom0 & { done: string[] } {
    const done: string[] = [];
    return {
        done,
        xenstore: async () => [],
        tail: async (bytes, ...paths) => {
            const path = paths.find((one) => files[one] !== undefined);
            if (path === undefined) return undefined;
            const text = files[path]!;
            if (bytes > 0) done.push(`${path} read`);
            return { path, size: text.length, text: bytes === 0 ? "" : text.slice(-bytes) };
        },
        rename: async (...pairs) => {
            done.push(...pairs.map(([from, to]) => `${from} → ${to}`));
        },
        run: async () => "",
        remove: async (...paths) => {
            done.push(...paths.map((path) => `${path} gone`));
        },
    };
}
