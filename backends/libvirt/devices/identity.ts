import { element, text } from "../xml";
import type { Device } from "./device";

export const identity = {
    arguments: ["name", "uuid"],
    render: ({ name, uuid }) => ({ domain: [element("name", {}, name), element("uuid", {}, uuid)] }),
    read: ({ domain }) => ({ name: text(domain, "name") ?? "", uuid: text(domain, "uuid") ?? "" }),
    import: { elements: ["name", "uuid", "metadata", "resource"] },
} satisfies Device;
