import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { isoConsequences } from "../../../backends/iso/consequences";
import { kvmConsequences } from "../../../backends/kvm";
import { xenConsequences } from "../../../backends/xen";
import { UNKNOWN } from "../../../core/handlers";
import {
    bootDigest,
    configDigest,
    DIGEST_FORMS,
    type DigestForm,
    formOf,
    withDigests,
} from "../../../core/unikernel/digests/digests";
import type { StoredInputs } from "../../../core/unikernel/inputs";
import { checked, table } from "./specs";

const GOLDEN = join(__dirname, "../golden/boot-digests.json");
const MAC = "52:54:00:00:00:01";
const TABLES = { kvm: kvmConsequences, xen: xenConsequences, iso: isoConsequences };

/** One guest for each thing that takes part in a boot, or must not. */
const GUESTS: Record<string, Partial<StoredInputs>> = {
    "the small guest": {},
    "no arguments": { args: [], env: {} },
    "a host name": { hostname: "web" },
    "an initial ramdisk": { guest: "linux", digests: { kernel: "k1", initrd: "i1", blocks: ["d1"], config: "c1" } },
    "a raw guest": { guest: "raw", args: ["console=ttyS0"], env: {}, blocks: [], interfaces: [] },
    "more memory and processors": { memory: 128, vcpus: 4 },
    "a secret, and its key": { secrets: ["env.GREETING"], digestKey: "0123456789abcdef0123456789abcdef" },
    "a persist disk": { blocks: [{ name: "data", digest: "d1", format: "raw", access: "persist" }] },
    "a scratch disk": { blocks: [{ name: "data", digest: "d1", format: "ext2", mount: "/data", access: "scratch" }] },
    "two disks": {
        blocks: [
            { name: "a", digest: "d1", format: "iso9660", mount: "/a", access: "read" },
            { name: "b", digest: "d2", format: "qcow2", access: "persist" },
        ],
    },
    "a forwarded port": {
        interfaces: [
            {
                mac: MAC,
                attach: { user: { forward: [{ host: 8080, guest: 80, address: "127.0.0.1", protocol: "tcp" }] } },
                driver: "vioif",
                ipv4: "dhcp",
            },
        ],
    },
    "a static address": {
        interfaces: [{ mac: MAC, attach: { bridge: "br0" }, ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" } }],
    },
    "a reserved address": { interfaces: [{ mac: MAC, attach: { network: "lan" }, ipv4: { reserve: "10.0.0.2" } }] },
    "emulated, with a debugger": { accelerator: "tcg", gdb: { port: 1234, address: "127.0.0.1" } },
    "arguments of QEMU's": { qemuArgs: ["-device", "isa-debug-exit"] },
    "what is live": {
        state: "stopped",
        autostart: true,
        onCrash: "preserve",
        shutdownTimeout: 1,
        deleteData: true,
        readiness: { tcp: { port: 80 }, timeout: 5 },
    },
    "a Xen guest": { platform: "xen" },
    "a Xen guest with a balloon": { platform: "xen", guest: "linux", memory: 128, maxMemory: 256 },
    "a medium": { platform: "iso", output: "web.iso" },
    "a medium with a label": { platform: "iso", output: "web.iso", label: "WEB", console: ["serial", "vga"] },
};

function goldenOf(changes: Partial<StoredInputs>): { config: string; boot: string } {
    const guest = checked(changes);
    const config = configDigest(guest, guest.digestKey, 1);
    return { config, boot: bootDigest({ ...guest, digests: { ...guest.digests, config } }, TABLES[guest.platform], 1) };
}

test("the first form's digests are what release 0.1.0 made them: another one would restart every guest", () => {
    const found = Object.fromEntries(Object.entries(GUESTS).map(([name, changes]) => [name, goldenOf(changes)]));
    expect(Object.keys(found)).toHaveLength(20);
    if (process.env.UPDATE_GOLDEN) {
        mkdirSync(join(GOLDEN, ".."), { recursive: true });
        writeFileSync(GOLDEN, `${JSON.stringify(found, undefined, 1)}\n`);
    }
    expect(found).toEqual(JSON.parse(readFileSync(GOLDEN, "utf8")));
});

/** A form of a later release: more takes part in both digests. */
const SECOND: DigestForm = {
    boot: (spec) => ({ ...DIGEST_FORMS[0]!.boot(spec), more: "of it" }),
    config: (spec) => ({ was: DIGEST_FORMS[0]!.config(spec), more: "of it" }),
};
const LATER = [...DIGEST_FORMS.slice(0, 1), SECOND];

test("a guest keeps its digests' form until it restarts, and has the newest from then on", () => {
    const {
        digests: { config: _, ...files },
        ...guest
    } = checked();
    const spec = { ...guest, digests: { ...files, config: "" } };
    const first = withDigests(spec, table, undefined, LATER.slice(0, 1)).bootDigest;
    const live = withDigests({ ...spec, autostart: true }, table, first, LATER);
    expect(live.bootDigest).toBe(first);
    expect(live.digests.config).toBe(configDigest(guest as StoredInputs, undefined, 1, LATER));
    const restarted = withDigests({ ...spec, args: ["other"] }, table, first, LATER);
    expect([formOf(first), formOf(restarted.bootDigest)]).toEqual([1, 2]);
    expect(
        withDigests({ ...spec, args: ["other"], autostart: true }, table, restarted.bootDigest, LATER).bootDigest,
    ).toBe(restarted.bootDigest);
    expect(formOf(withDigests(spec, table, undefined, LATER).bootDigest)).toBe(2);
    expect(withDigests({ ...spec, memory: UNKNOWN as unknown as number }, table, first, LATER).bootDigest).toBe(
        UNKNOWN,
    );
});
