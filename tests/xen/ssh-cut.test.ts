import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hasCode } from "../../model";
import { alice, type PlanOptions, testContext } from "../support/plans";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

/** What happens once: before the next start, or when the next copy has moved some of its bytes. */
let beforeStart: (() => Promise<unknown>) | undefined;
let amidCopy: (() => Promise<unknown>) | undefined;
const once = (deed: (() => Promise<unknown>) | undefined): Promise<unknown> => {
    beforeStart = amidCopy = undefined;
    return deed?.() ?? Promise.resolve();
};

let its: XenLifecycle;
const local = mkdtempSync(join(tmpdir(), "xen-cut-"));
beforeAll(async () => {
    its = await openXenLifecycle({
        host: (host) => ({
            ...host,
            domains: {
                ...host.domains,
                start: async (...args) => {
                    if (beforeStart) await once(beforeStart);
                    return host.domains.start(...args);
                },
            },
            files: new Proxy(host.files, {
                get: (files, key) => {
                    if (key !== "put") {
                        const value: unknown = Reflect.get(files, key);
                        return typeof value === "function" ? (value.bind(files) as unknown) : value;
                    }
                    const put: typeof files.put = async (uuid, name, parts, options) => {
                        let cutting: Promise<unknown> | undefined;
                        await files.put(uuid, name, parts, {
                            ...options,
                            onProgress: (bytes) => {
                                if (amidCopy && bytes > 0) cutting = once(amidCopy);
                                options.onProgress?.(bytes);
                            },
                        });
                        await cutting;
                    };
                    return put;
                },
            }),
        }),
    });
}, 900_000);
afterAll(async () => {
    rmSync(local, { recursive: true });
    await its?.close();
});

/** Ends every connection by ssh but the one that this is asked over; the listener is init's child. */
const CUT = `
for each in $(pgrep -x sshd); do
    [ $each = $PPID ] || [ $(cut -d' ' -f4 /proc/$each/stat) = 1 ] || { kill -9 $each; echo $each; }
done`;
let cuts = 0;
const cut = async () => {
    cuts += (await its.host.run("sh", "-c", CUT)).split("\n").filter(Boolean).length;
};
beforeEach(() => {
    cuts = 0;
});

const image = (name: string, mebibytes: number): string => {
    const path = join(local, `${name}.img`);
    writeFileSync(path, Buffer.alloc(mebibytes << 20, name));
    return path;
};
const bySsh = (options: Partial<PlanOptions> = {}): PlanOptions =>
    its.guest({ connection: its.host.sshUri, ...options });

/** As Pulumi does when it is run again. @returns how often nobody was reached */
async function persist(work: () => Promise<unknown>): Promise<number> {
    for (let failures = 0; ; failures++) {
        const error: unknown = await work().then(
            () => undefined,
            (caught: unknown) => caught,
        );
        if (error === undefined) return failures;
        const cause = error instanceof Error ? error.cause : undefined;
        if (failures === 3 || !(hasCode(error, "unreachable") || hasCode(cause, "unreachable"))) throw error;
    }
}

async function expectOne(guest: PlanOptions): Promise<void> {
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(
        (await its.host.run("xl", "list")).split("\n").filter((line) => line.startsWith(`${guest.name} `)),
    ).toHaveLength(1);
    expect(await its.host.guestConsole(guest.name)).toContain(`argv[1] ${guest.args![0]}`);
}

test("cut in the middle of a copy: what the guest has is whole, and nothing lies beside it", async () => {
    const disk = image("disk", 8);
    const guest = bySsh({ args: ["one"], blocks: [{ path: disk, name: "disk", access: "persist" }] });
    amidCopy = cut;
    await persist(() => its.create(guest));
    expect(cuts).toBeGreaterThan(0);
    await expectOne(guest);
    expect(await its.files(guest)).toEqual([
        expect.stringMatching(/^config-/),
        "disk.persist.img",
        expect.stringMatching(/^kernel-/),
    ]);
    const sum = await its.host.run("sha256sum", `${await its.folder(guest)}/disk.persist.img`);
    expect(sum.split(" ")[0]).toBe(createHash("sha256").update(readFileSync(disk)).digest("hex"));
    await its.delete({ ...guest, deleteData: true });
    await its.expectNothing(guest);
});

test("cut in the middle of an update: the next run ends with the new guest alone", async () => {
    const guest = bySsh({ args: ["one"] });
    await its.create(guest);
    beforeStart = cut;
    const next = { ...guest, args: ["two"] };
    await persist(() => its.update(guest, next));
    expect(cuts).toBeGreaterThan(0);
    await expectOne(next);
    expect(await its.files(guest)).toHaveLength(2);
    await its.delete(next);
    await its.expectNothing(guest);
});

test("refused: nothing is taken for gone", async () => {
    const guest = bySsh();
    const away = { ...guest, connection: its.host.sshUri.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1") };
    for (const work of [() => its.observe(away), () => its.update(away, away), () => its.delete(away)])
        await expect(work()).rejects.toMatchObject({ code: "unreachable" });
});

test("two stacks on one host at once: content is shared, and each takes only its own away", async () => {
    const bob = testContext({ ...alice, user: "bob", project: "fedcba9876543210" });
    const [one, two, other] = [
        bySsh({ args: ["one"] }),
        bySsh({ args: ["two"] }),
        bySsh({ args: ["other"], urn: "urn:pulumi:prod::shop::pulumi-unikernel:index:Unikernel::web" }),
    ];
    await Promise.all([its.create(one), its.create(two), its.create(other, bob)]);
    for (const guest of [one, two, other]) await expectOne(guest);
    const folders = await Promise.all([one, two, other].map((guest) => its.folder(guest)));
    expect(new Set(folders).size).toBe(3);
    const inodes = (
        await its.host.run("sh", "-c", `stat -c %i ${folders.map((folder) => `${folder}/kernel-*`).join(" ")}`)
    ).split("\n");
    expect(new Set(inodes).size).toBe(1);

    // One goes, one changes, while the other stays.
    await Promise.all([its.delete(one), its.update(two, { ...two, args: ["three"] })]);
    await its.expectNothing(one);
    await expectOne({ ...two, args: ["three"] });
    await its.host.virsh("destroy", other.name);
    await its.update(other, other, bob);
    await expectOne(other);
    await Promise.all([its.delete(two), its.delete(other, bob)]);
    for (const guest of [two, other]) await its.expectNothing(guest);
    expect(
        await its.host.run(
            "sh",
            "-c",
            "find /var/lib/pulumi-unikernel -name 'kernel-*' -o -name '*.img' -o -name '*.part*'",
        ),
    ).toBe("");
});
