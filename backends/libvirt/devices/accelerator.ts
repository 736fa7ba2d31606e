import { at, element, text } from "../xml";
import type { Device } from "./device";

/** The type of the domain, and the processor that a guest sees for it. */
export const accelerator = {
    arguments: ["accelerator"],
    render: ({ cpu }) => ({ domain: cpu ? [element("cpu", { mode: cpu })] : [] }),
    read: ({ domain }) => ({ type: domain.attributes.type ?? "" }),
    compared: ({ type }) => ({ accelerator: type }),
    import: {
        elements: ["cpu"],
        declare: ({ domain }, notes) => {
            const { type = "" } = domain.attributes;
            if (type !== "kvm" && type !== "qemu") notes.refuse(`a domain of type ${type}`);
            const cpu = at(domain, "cpu");
            const ours = type === "kvm" ? "host-passthrough" : "maximum";
            const mode = cpu?.attributes.mode ?? "";
            if (cpu && mode !== ours) notes.change("cpu", text(cpu, "model") ?? (mode || "of its own"), ours);
            return { accelerator: type === "kvm" ? ("kvm" as const) : ("tcg" as const) };
        },
    },
} satisfies Device;
