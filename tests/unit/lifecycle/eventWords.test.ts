import { happeningOf, lastHappening } from "../../../backends/libvirt/eventWords";
import type { DomainState } from "../../../backends/libvirt/host";

// virDomainEventType and its details, virDomainRunningReason and its siblings: libvirt-domain.h.
test.each<[number, number, object | undefined]>([
    [0, 0, { event: "defined", reason: "new" }],
    [0, 1, { event: "defined", reason: "changed" }],
    [1, 0, { event: "removed" }],
    [2, 0, { event: "started", reason: "booted" }],
    [2, 2, { event: "started", reason: "from saved memory" }],
    [3, 2, { event: "paused", reason: "a disk failed" }],
    [4, 0, { event: "resumed", reason: "by a call" }],
    [5, 0, { event: "stopped", reason: "shut down" }],
    [5, 2, { event: "stopped", reason: "crashed" }],
    [5, 5, { event: "stopped", reason: "it could not start" }],
    [6, 1, { event: "shutting down", reason: "by the guest" }],
    [8, 0, { event: "crashed", reason: "panicked" }],
    // Of a newer libvirt.
    [5, 99, { event: "stopped" }],
    [99, 0, undefined],
])("event %i with detail %i", (event, detail, said) => expect(happeningOf({ event, detail })).toEqual(said));

test.each<[DomainState, number, object | undefined]>([
    ["running", 1, { event: "started", reason: "booted" }],
    ["blocked", 5, { event: "started", reason: "resumed" }],
    ["paused", 5, { event: "paused", reason: "a disk failed" }],
    ["shutoff", 0, { event: "stopped" }],
    ["shutoff", 3, { event: "stopped", reason: "crashed" }],
    ["none", 0, undefined],
])("state %s with reason %i", (state, reason, said) => expect(lastHappening({ state, reason })).toEqual(said));
