import type { Happening } from "../backend";
import type { DomainState } from "./host";

type Words = [event: Happening["event"], reasons: (string | undefined)[]];

/** virDomainEventType and the details of each (libvirt-domain.h), by their numbers. */
const EVENTS: Words[] = [
    ["defined", ["new", "changed", "renamed", "from a snapshot"]],
    ["removed", [undefined, "renamed"]],
    ["started", ["booted", "migrated", "from saved memory", "from a snapshot", "woken up", "recovered"]],
    [
        "paused",
        [
            "by a call",
            "migrating",
            "a disk failed",
            "its watchdog",
            "from saved memory",
            "from a snapshot",
            "an error of libvirt",
            "migrating",
            "its migration failed",
        ],
    ],
    ["resumed", ["by a call", "migrated", "from a snapshot", "migrated", "its migration failed"]],
    [
        "stopped",
        ["shut down", "by force", "crashed", "migrated", "memory saved", "it could not start", "from a snapshot"],
    ],
    ["shutting down", [undefined, "by the guest", "by the host"]],
    ["suspended", ["to memory", "to disk"]],
    ["crashed", ["panicked", "its crash kernel runs"]],
];

/** Name an event. A number of a newer libvirt has none; a detail of one has no reason. */
export function happeningOf({ event, detail }: { event: number; detail: number }): Happening | undefined {
    const words = EVENTS[event];
    return words && happening(words[0], words[1][detail]);
}

/** virDomainRunningReason, virDomainPausedReason and virDomainShutoffReason (libvirt-domain.h), by their numbers. */
const LAST: Partial<Record<DomainState, Words>> = {
    running: [
        "started",
        [
            undefined,
            "booted",
            "migrated",
            "from saved memory",
            "from a snapshot",
            "resumed",
            "its migration was ended",
            "its save was ended",
            "woken up",
            "after a crash",
        ],
    ],
    paused: [
        "paused",
        [
            undefined,
            "by a call",
            "migrating",
            "saving its memory",
            "dumping its memory",
            "a disk failed",
            "its watchdog",
            "from a snapshot",
            "shutting down",
            "in a snapshot",
            "crashed",
            "starting",
        ],
    ],
    shutoff: [
        "stopped",
        [
            undefined,
            "shut down",
            "by force",
            "crashed",
            "migrated",
            "memory saved",
            "it could not start",
            "from a snapshot",
            "libvirt cannot say",
        ],
    ],
    crashed: ["crashed", []],
    shutdown: ["shutting down", []],
    suspended: ["suspended", []],
};

/** Name what happened last, by a domain's present state and its reason; undefined where libvirt does not say. */
export function lastHappening({ state, reason }: { state: DomainState; reason: number }): Happening | undefined {
    const words = LAST[state === "blocked" ? "running" : state];
    return words && happening(words[0], words[1][reason]);
}

function happening(event: Happening["event"], reason: string | undefined): Happening {
    return { event, ...(reason === undefined ? {} : { reason }) };
}
