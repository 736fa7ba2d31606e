import { kvm } from "../../../backends/kvm";
import { driftOf, readFacts, renderDomain } from "../../../backends/libvirt/devices";
import type { DomainFacts } from "../../../backends/libvirt/model";
import { card, plan, spec } from "./spec";

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

test.each([
    ["bridge", "network='lan' portid='2d30cb65-6a2f-4204-98d1-60343b78b7ba' bridge='br0'"],
    ["direct", "network='lan' portid='2d30cb65-6a2f-4204-98d1-60343b78b7ba' dev='eth0' mode='bridge'"],
])(
    "an interface on a network that makes one of type %s of it, while the guest runs, is as declared",
    (type, source) => {
        const wanted = { interfaces: [card({ attach: { network: "lan" } })] };
        const xml = renderDomain(kvm.model(plan(wanted), paths, { accelerator: "tcg", userNet: "qemu" }));
        const live = xml
            .replace(/<interface type=.network.>/, `<interface type='${type}'>`)
            .replace(/<source network=[^>]*>/, `<source ${source}/>`);
        expect(live).toContain(`<interface type='${type}'>`);
        expect(live).toContain(source);
        expect(driftOf(spec(wanted), [readFacts(live), readFacts(xml)])).toEqual({});
    },
);
