import type { LibvirtHost } from "../../../tests/support/libvirtHost";
import { capture } from "../../../tests/support/processes";
import type { Programs } from "../programs";

export const EVENTS = ["argument", "image", "network", "qemu"] as const;
/** A change of a guest: two that are good, one that libvirt refuses, and one that QEMU refuses. */
export type Event = (typeof EVENTS)[number];

export const ABSENT_NETWORK = "absent";
export const UNKNOWN_ARGUMENT = "-unknown";

export interface SubjectGround {
    host: LibvirtHost;
    programs: Programs;
    kernel: string;
    images: { first: string; second: string };
    network: string;
    name: string;
    /** Files of this guest. */
    folder: string;
}

/** One guest in the hands of one tool. Each returns whether the tool succeeded. */
export interface Subject {
    /** Give the tool the good definition: at first, and after a bad one. */
    good(): Promise<boolean>;
    happen(): Promise<boolean>;
}

export interface SubjectOf {
    name: string;
    /** Hand the guest of a tool to `body`, and remove it; a tool without such a change does nothing. */
    live(ground: SubjectGround, event: Event, body: (subject: Subject) => Promise<void>): Promise<void>;
}

/** Run a command, and return whether it succeeded. */
export const succeeds = async (...words: string[]): Promise<boolean> => {
    const [file = "", ...args] = words;
    return (await capture(file, args)).code === 0;
};

/** Remove a guest, in whatever state it is. */
export async function remove(host: LibvirtHost, name: string): Promise<void> {
    await capture("virsh", ["-c", host.uri, "destroy", name]);
    await capture("virsh", ["-c", host.uri, "undefine", name]);
}
