import { kvm } from "../../../backends/kvm";
import { driftOf, readFacts, renderDomain } from "../../../backends/libvirt/devices";
import type { DomainFacts } from "../../../backends/libvirt/model";
import { plan, spec } from "./spec";

const paths = { kernel: "/g/kernel", disks: [], log: "/g/console.log" };
const factsOf = (memory: number): DomainFacts =>
    readFacts(renderDomain(kvm.model(plan({ memory }), paths, { accelerator: "tcg", userNet: "qemu" })));

test.each<[string, number, number, object]>([
    ["as applied", 64, 64, {}],
    ["the next boot has other memory", 64, 128, { memory: 128 }],
    ["both have", 128, 128, { memory: 128 }],
    ["the next boot is as applied again", 128, 64, { memory: 128 }],
    ["each has its own: the value in state says nothing of the next boot", 128, 256, { memory: 128, definition: true }],
])("%s", (_title, running, next, drift) => {
    expect(driftOf(spec({ memory: 64 }), [factsOf(running), factsOf(next)])).toEqual(drift);
});
