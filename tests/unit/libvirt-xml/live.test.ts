import { kvm } from "../../../backends/kvm";
import { changesLive, differences, readFacts, renderDomain } from "../../../backends/libvirt/devices";
import { DEVICES } from "../../../backends/libvirt/devices/list";
import type { DomainFacts } from "../../../backends/libvirt/model";
import { createXen } from "../../../backends/xen";
import type { UnikernelSpec } from "../../../model";
import { card, plan, spec as specOf } from "../kvm/spec";
import { dom0With, linux } from "../xen/spec";

const xen = createXen(() => dom0With());
const paths = { kernel: "/g/kernel", disks: [], log: "/g/console.log" };

/** The facts of a guest by the platform's own model. */
const factsOf = {
    kvm: (spec: Partial<UnikernelSpec>): DomainFacts =>
        readFacts(renderDomain(kvm.model(plan(spec), paths, { accelerator: "tcg", userNet: "qemu" }))),
    xen: (spec: Partial<UnikernelSpec>): DomainFacts =>
        readFacts(renderDomain(xen.model(plan(spec, linux), paths, { accelerator: "xen", userNet: "qemu" }))),
};
const tables = { kvm: kvm.consequences, xen: xen.consequences };

/** Changes that a table calls live, of arguments that end in a device. */
const changes: [keyof typeof factsOf, keyof UnikernelSpec, Partial<UnikernelSpec>, Partial<UnikernelSpec>][] = [
    ["kvm", "onCrash", { onCrash: "destroy" }, { onCrash: "preserve" }],
    [
        "kvm",
        "interfaces",
        { interfaces: [card({ attach: { network: "a" } })] },
        { interfaces: [card({ attach: { bridge: "br0" } })] },
    ],
    ["xen", "memory", { memory: 64, maxMemory: 256 }, { memory: 128, maxMemory: 256 }],
];

test.each(changes)(
    "on %s another %s is live by the table, and the device takes it live",
    (platform, name, from, to) => {
        const rows = tables[platform];
        const row = rows[name]!;
        const attach = rows[`${name}[].attach`];
        const said = attach
            ? attach.refine!(from.interfaces![0]!.attach, to.interfaces![0]!.attach, specOf(to))
            : row.refine!(from[name], to[name], specOf(to));
        expect(said).toBe("live");
        const [running, wanted] = [factsOf[platform](from), factsOf[platform](to)];
        const different = differences(running, wanted);
        expect(different).toEqual([name]);
        expect(different.map((property) => changesLive(property, running, wanted))).toEqual([true]);
    },
);

test("each row that may be live, of an argument that ends in a device, is among them", () => {
    const carried = DEVICES.flatMap((device): readonly string[] => device.arguments ?? []);
    for (const [platform, table] of Object.entries(tables)) {
        const mayBeLive = Object.entries(table)
            .filter(([, { consequence, refine, unsupported }]) => !unsupported && (consequence === "live" || refine))
            .map(([property]) => property.replace(/\[\].*$/, ""))
            .filter((property) => carried.includes(property));
        expect(mayBeLive.sort()).toEqual(
            changes
                .filter(([on]) => on === platform)
                .map(([, name]) => name)
                .sort(),
        );
    }
});
