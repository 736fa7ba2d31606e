import { basename } from "node:path";

import type { Host } from "../../../backends/libvirt/host";
import { type Layout, PRIVATE } from "../../../backends/libvirt/lifecycle/files/layout";
import { assertOpens, type Restart } from "../../../backends/libvirt/lifecycle/files/privateFiles";
import type { Run } from "../../../backends/libvirt/lifecycle/run";
import type { DomainFacts } from "../../../backends/libvirt/model";
import type { RunningGuest } from "../../../backends/libvirt/platform";
import { specOf } from "./spec";

const HEX = "0123456789abcdef";
const FOLDER = "/srv/guests/u";

interface Case {
    /** Files that the next boot opens. @default a persist disk */
    disks?: string[];
    initrd?: string;
    /** Of what is put, and is private. @default all */
    puts?: string[];
    present?: string[];
    /** Paths of the disks of the guest that runs. */
    live?: string[];
    kernel?: string;
    decision?: Restart["decision"];
    off?: boolean;
}

/** What the platform was asked; undefined where it was not. */
async function asked(
    {
        disks = ["db.persist.img"],
        initrd,
        puts,
        present = [],
        live = [],
        kernel = `${FOLDER}/kernel-${HEX}`,
        decision = { start: true, stop: true },
        off,
    }: Case,
    opens = true,
): Promise<RunningGuest | undefined> {
    let running: RunningGuest | undefined;
    const names = puts ?? [...disks, ...(initrd === undefined ? [] : [initrd])];
    const layout = {
        initrd,
        disks,
        puts: names.map((name) => ({ name, parts: [], mode: PRIVATE })),
    } as unknown as Layout;
    const liveFacts = {
        type: "kvm",
        kernel,
        disks: live.map((path) => ({ path, readonly: false, target: "vda", format: "raw" })),
    } as unknown as DomainFacts;
    const run = {
        host: { files: { path: async (_uuid: string, name: string) => `${FOLDER}/${name}` } } as unknown as Host,
        platform: {
            opensPrivateFiles: async (_host: Host, guest: RunningGuest) => {
                running = guest;
                return opens;
            },
        },
        plan: {
            spec: specOf({
                blocks: disks.map((name) => ({
                    name: basename(name).split(/[.-]/)[0]!,
                    digest: "",
                    format: "raw",
                    access: "read",
                })),
            }),
        },
    } as unknown as Run;
    const existing = {
        record: { active: !off },
        liveFacts: off ? undefined : liveFacts,
    } as unknown as Restart["existing"];
    await assertOpens(run, { existing, layout, decision, present: new Set(present) });
    return running;
}

test.each<[string, Case, Partial<RunningGuest> | undefined]>([
    ["the first persist disk", {}, { type: "kvm", kernel: `kernel-${HEX}` }],
    ["a scratch disk, whose image all may read", { disks: [`db-${HEX}.scratch.img`], puts: [] }, {}],
    ["an image or a configuration with a secret", { disks: [`db-${HEX}.img`] }, {}],
    ["only a configuration", { disks: [], initrd: `initrd-${HEX}` }, {}],
    ["a kernel that lies elsewhere", { kernel: "/boot/vmlinuz" }, { kernel: undefined }],
    ["another guest's disk proves nothing", { live: ["/srv/guests/other/db.persist.img"] }, {}],
    ["an image that all may read proves nothing", { live: [`${FOLDER}/db-${HEX}.img`] }, {}],
    ["a guest that runs with a persist disk", { live: [`${FOLDER}/data.persist.img`] }, undefined],
    ["a guest that runs with a scratch disk", { live: [`${FOLDER}/data-${HEX}.scratch.img`] }, undefined],
    ["a disk that is there, perhaps given to QEMU by hand", { present: ["db.persist.img"] }, undefined],
    ["no private file", { disks: [`db-${HEX}.img`], puts: [] }, undefined],
    ["a private file that no boot opens", { disks: [], puts: [`config-${HEX}`] }, undefined],
    ["a change while it runs", { decision: { start: false, stop: false } }, undefined],
    ["a guest that is to be off", { decision: { start: false, stop: true } }, undefined],
    ["a guest that is off", { off: true, decision: { start: true, stop: false } }, undefined],
])("%s", async (_name, found, guest) => {
    const running = await asked(found);
    if (guest === undefined) expect(running).toBeUndefined();
    else expect(running).toMatchObject({ type: "kvm", ...guest });
});

test("where it may not be opened: the property, the file and the setting", async () => {
    await expect(asked({}, false)).rejects.toMatchObject({
        code: "permission",
        property: "blocks[0]",
        message: expect.stringContaining(`QEMU may not open ${FOLDER}/db.persist.img (mode 0600)`),
        hint: expect.stringContaining("dynamic_ownership = 0"),
    });
});
