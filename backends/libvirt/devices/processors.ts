import { at, element, text } from "../xml";
import type { Device } from "./device";

export const processors = {
    arguments: ["vcpus"],
    render: ({ vcpus }) => ({ domain: [element("vcpu", {}, String(vcpus))] }),
    read: ({ domain }) => ({ vcpus: Number(text(domain, "vcpu") ?? 1) }),
    compared: ({ vcpus }) => ({ vcpus }),
    drift: ({ vcpus }) => [{ property: "vcpus", applied: vcpus, seen: [(facts) => facts.vcpus] }],
    import: {
        elements: ["vcpu"],
        declare: ({ domain }, notes) => {
            const vcpus = Number(text(domain, "vcpu") ?? 1);
            const { current, cpuset } = at(domain, "vcpu")?.attributes ?? {};
            if (current !== undefined && Number(current) !== vcpus)
                notes.change("processors", `${current} of ${vcpus}`, String(vcpus));
            if (cpuset) notes.drop("pinned processors");
            return { vcpus };
        },
    },
} satisfies Device;
