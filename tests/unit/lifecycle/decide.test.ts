import type { DomainRecord, DomainState } from "../../../backends/libvirt/host";
import {
    type Decision,
    type DesiredState,
    decide,
    type Findings,
    unprovenLastGood,
} from "../../../backends/libvirt/lifecycle/apply/decide";
import type { DomainFacts, Mark } from "../../../backends/libvirt/model";

const facts = (changes: Partial<DomainFacts> = {}): DomainFacts => ({
    name: "web",
    uuid: "u",
    type: "qemu",
    machine: "pc",
    memoryMib: 64,
    currentMemoryMib: 64,
    vcpus: 1,
    onCrash: "destroy",
    onReboot: "restart",
    kernel: "/srv/kernel-new",
    disks: [],
    interfaces: [],
    forwards: [],
    panicDevice: false,
    qemuArgs: [],
    ...changes,
});
const OLD = facts({ kernel: "/srv/kernel-old" }),
    NEW = facts();
const mark = (bootDigest: string, phase: Mark["phase"], lastGood?: string): Mark => ({
    schemaVersion: 1,
    urn: "urn",
    creator: { user: "", machine: "", project: "" },
    bootDigest,
    phase,
    since: "",
    ...(lastGood ? { lastGood } : {}),
});
const record = (state: DomainState, reason = 0): DomainRecord => ({
    uuid: "u",
    name: "web",
    state,
    reason,
    active: state !== "shutoff",
    autostart: false,
    persistent: true,
    inactiveXml: "<inactive/>",
});

/** What is there: the next boot's definition and mark, and what runs by which mark. */
function found(
    next?: [DomainFacts, Mark],
    live?: [DomainFacts, Mark],
    state: DomainState = live ? "running" : "shutoff",
): Findings {
    return {
        record: next || live ? record(state) : undefined,
        facts: next?.[0],
        mark: next?.[1],
        liveFacts: live?.[0],
        liveMark: live?.[1],
        files: [],
        kernelReplaced: false,
        ended: false,
    };
}
const wanted = (state: DesiredState["state"] = "running", changes: Partial<DomainFacts> = {}): DesiredState => ({
    facts: facts(changes),
    bootDigest: "new",
    state,
});
const oldReady: [DomainFacts, Mark] = [OLD, mark("old", "ready")];
const newReady: [DomainFacts, Mark] = [NEW, mark("new", "ready")];
const newUpdating: [DomainFacts, Mark] = [NEW, mark("new", "updating", "<good/>")];
/** Finished while it was to be off. */
const newUnproven: [DomainFacts, Mark] = [NEW, mark("new", "ready", "<good/>")];
const newCreating: [DomainFacts, Mark] = [NEW, mark("new", "creating")];
const nets = (...sources: string[]): Partial<DomainFacts> => ({
    interfaces: sources.map((source, index) => ({ mac: `m${index}`, kind: "network", source })),
});

/** Off, with its memory kept: of the definition, or of another one. */
function saved(next: [DomainFacts, Mark], image = next): Findings {
    const there = found(next);
    return { ...there, record: { ...there.record!, saved: true }, savedFacts: image[0], savedMark: image[1] };
}

const XEN: Partial<DomainFacts> = { type: "xen", memoryMib: 128 };
const xen = (changes: Partial<DomainFacts>): [DomainFacts, Mark] => [
    facts({ ...XEN, ...changes }),
    mark("new", "ready"),
];

test.each<[string, Findings, DesiredState, Partial<Decision>]>([
    ["nothing there", found(), wanted(), { define: true, stop: false, start: true, prove: true, lastGood: undefined }],
    ["nothing there, paused wanted", found(), wanted("paused"), { define: true, start: true, prove: false }],
    [
        "nothing there, stopped wanted",
        found(),
        wanted("stopped"),
        { define: true, stop: false, start: false, prove: false },
    ],
    [
        "all is well",
        found(newReady, newReady),
        wanted(),
        { define: false, stop: false, start: false, live: [], prove: false, lastGood: undefined },
    ],
    [
        "old runs",
        found(oldReady, oldReady),
        wanted(),
        { define: true, stop: true, start: true, prove: true, lastGood: "<inactive/>" },
    ],
    [
        "old runs, stopped wanted",
        found(oldReady, oldReady),
        wanted("stopped"),
        { define: true, stop: true, start: false, prove: false },
    ],
    [
        "old is off",
        found(oldReady),
        wanted(),
        { define: true, stop: false, start: true, prove: true, lastGood: "<inactive/>" },
    ],
    [
        "killed after define: old still runs",
        found(newUpdating, oldReady),
        wanted(),
        { define: false, stop: true, start: true, prove: true, lastGood: "<good/>" },
    ],
    [
        "killed after stop",
        found(newUpdating),
        wanted(),
        { define: false, stop: false, start: true, prove: true, lastGood: "<good/>" },
    ],
    [
        "killed after start",
        found(newUpdating, newUpdating),
        wanted(),
        { define: false, stop: false, start: false, prove: true, lastGood: "<good/>" },
    ],
    [
        "killed in an update to something else",
        found([OLD, mark("old", "updating", "<good/>")], oldReady),
        wanted(),
        { define: true, stop: true, start: true, lastGood: "<good/>" },
    ],
    [
        "defined while it was off, and started now",
        found(newUnproven),
        wanted(),
        { define: false, start: true, prove: true, lastGood: "<good/>" },
    ],
    [
        "defined while it was paused, and runs",
        found(newUnproven, newUnproven),
        wanted(),
        { define: false, start: false, prove: true, lastGood: "<good/>" },
    ],
    [
        "defined while it was off, changed again",
        found([OLD, mark("old", "ready", "<good/>")]),
        wanted("stopped"),
        { define: true, start: false, prove: false, lastGood: "<good/>" },
    ],
    [
        "create killed after define",
        found(newCreating),
        wanted(),
        { define: false, start: true, prove: true, lastGood: undefined },
    ],
    [
        "create killed after start",
        found(newCreating, newCreating),
        wanted(),
        { define: false, stop: false, start: false, prove: true, lastGood: undefined },
    ],
    [
        "create killed, and the guest has ended",
        { ...found(newCreating, newCreating), ended: true },
        wanted(),
        { define: false, stop: true, start: true, prove: true },
    ],
    [
        "create killed, something else wanted now",
        found([OLD, mark("old", "creating")], [OLD, mark("old", "creating")]),
        wanted(),
        { define: true, stop: true, start: true, lastGood: undefined },
    ],
    [
        "stopped behind our back",
        found(newReady),
        wanted(),
        { define: false, stop: false, start: true, prove: true, lastGood: undefined },
    ],
    [
        "saved, and as wanted",
        saved(newReady),
        wanted(),
        { define: false, discard: false, resume: true, start: true, live: [], prove: true },
    ],
    [
        "saved, and stopped wanted",
        saved(newReady),
        wanted("stopped"),
        { define: false, discard: false, resume: false, start: false },
    ],
    [
        "the saved one is old",
        saved(oldReady),
        wanted(),
        { define: true, discard: true, resume: false, start: true, lastGood: "<inactive/>" },
    ],
    [
        "the saved one is old, stopped wanted",
        saved(oldReady),
        wanted("stopped"),
        { define: true, discard: true, resume: false, start: false },
    ],
    [
        "only the image is old",
        saved(newReady, oldReady),
        wanted(),
        { define: false, discard: true, resume: false, start: true },
    ],
    [
        "saved, and changed in what may change live",
        saved(newReady),
        wanted("running", { onCrash: "preserve" }),
        { define: true, discard: false, resume: true, live: ["onCrash"] },
    ],
    [
        "paused behind our back",
        found(newReady, newReady, "paused"),
        wanted(),
        { define: false, stop: false, start: false, prove: false },
    ],
    [
        "crashed and preserved",
        found(newReady, newReady, "crashed"),
        wanted(),
        { define: false, stop: true, start: true, prove: true },
    ],
    [
        "the next boot was edited",
        found([facts({ memoryMib: 99 }), mark("new", "ready")], newReady),
        wanted(),
        { define: true, stop: false, start: false, prove: false },
    ],
    [
        "edited and restarted",
        found([facts({ memoryMib: 99 }), mark("new", "ready")], [facts({ memoryMib: 99 }), mark("new", "ready")]),
        wanted(),
        { define: true, stop: true, start: true, prove: true },
    ],
    [
        "undefined while it runs",
        found(undefined, newReady),
        wanted(),
        { define: true, stop: false, start: false, prove: true, lastGood: undefined },
    ],
    [
        "the kernel's file was written to",
        { ...found(newReady, newReady), kernelReplaced: true },
        wanted(),
        { define: false, stop: true, start: true, prove: true },
    ],
    [
        "adopted without a mark",
        { ...found(oldReady, oldReady), mark: undefined, liveMark: undefined },
        wanted(),
        { define: true, stop: true, start: true, lastGood: "<inactive/>" },
    ],
    [
        "another machine name is libvirt's doing",
        found(
            [facts({ machine: "pc-i440fx-7.2" }), mark("new", "ready")],
            [facts({ machine: "pc-i440fx-7.2" }), mark("new", "ready")],
        ),
        wanted(),
        { define: false, stop: false, start: false },
    ],
    [
        "onCrash, which can change live",
        found(newReady, newReady),
        wanted("running", { onCrash: "preserve" }),
        { define: true, stop: false, start: false, live: ["onCrash"], prove: false },
    ],
    [
        "memory, which cannot",
        found(newReady, newReady),
        wanted("running", { memoryMib: 99 }),
        { define: true, stop: true, start: true, live: [] },
    ],
    [
        "an interface moves to another network",
        found([facts(nets("a")), mark("new", "ready")], [facts(nets("a")), mark("new", "ready")]),
        wanted("running", nets("b")),
        { define: true, stop: false, start: false, live: ["interfaces"] },
    ],
    [
        "an interface moves to a network without a bridge",
        {
            ...found([facts(nets("a")), mark("new", "ready")], [facts(nets("a")), mark("new", "ready")]),
            unbridged: ["b"],
        },
        wanted("running", nets("b")),
        { define: true, stop: true, start: true, live: [] },
    ],
    [
        "an interface leaves a network without a bridge",
        {
            ...found([facts(nets("a")), mark("new", "ready")], [facts(nets("a")), mark("new", "ready")]),
            unbridged: ["a"],
        },
        wanted("running", nets("b")),
        { define: true, stop: true, start: true, live: [] },
    ],
    [
        "an interface on a network without a bridge stays",
        {
            ...found([facts(nets("a", "c")), mark("new", "ready")], [facts(nets("a", "c")), mark("new", "ready")]),
            unbridged: ["a"],
        },
        wanted("running", nets("a", "d")),
        { define: true, stop: false, start: false, live: ["interfaces"] },
    ],
    [
        "what runs was not told its configuration",
        { ...found(newReady, newReady), unconfigured: true },
        wanted(),
        { define: false, stop: true, start: true, prove: true },
    ],
    [
        "a balloon: less than it may have",
        found(xen({ currentMemoryMib: 64 }), xen({ currentMemoryMib: 64 })),
        wanted("running", { ...XEN, currentMemoryMib: 48 }),
        { define: true, stop: false, start: false, live: ["memory"], prove: false },
    ],
    [
        "a balloon: more than it may have",
        found(xen({ currentMemoryMib: 64 }), xen({ currentMemoryMib: 64 })),
        wanted("running", { ...XEN, memoryMib: 256, currentMemoryMib: 256 }),
        { define: true, stop: true, start: true, live: [] },
    ],
    [
        "an interface of Xen's cannot be moved",
        found(xen(nets("a")), xen(nets("a"))),
        wanted("running", { ...XEN, ...nets("b") }),
        { define: true, stop: true, start: true, live: [] },
    ],
    [
        "an interface more",
        found([facts(nets("a")), mark("new", "ready")], [facts(nets("a")), mark("new", "ready")]),
        wanted("running", nets("a", "b")),
        { define: true, stop: true, start: true },
    ],
])("%s", (_name, findings, want, expected) => {
    expect(decide(findings, want)).toMatchObject(expected);
});

test.each<[string, Findings, DesiredState, string | undefined]>([
    ["another kernel while it is to be off", found(oldReady), wanted("stopped"), "<inactive/>"],
    ["another kernel while it is paused", found(oldReady, oldReady), wanted("paused"), "<inactive/>"],
    ["another kernel, and it has become ready", found(oldReady, oldReady), wanted(), undefined],
    ["a domain that is adopted and stays off", found([OLD, undefined as never]), wanted("stopped"), "<inactive/>"],
    [
        "off, and something else than what boots has changed",
        found(newReady),
        wanted("stopped", { onCrash: "preserve" }),
        undefined,
    ],
    ["not proven, and still off", found(newUnproven), wanted("stopped"), "<good/>"],
    ["not proven, and ready now", found(newUnproven), wanted(), undefined],
    ["a first create that is to be off", found(), wanted("stopped"), undefined],
])("the last good definition that is kept at the end: %s", (_title, there, want, kept) => {
    expect(unprovenLastGood(there, decide(there, want), want)).toBe(kept);
});
