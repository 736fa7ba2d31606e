import {
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmdirSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import type { Host } from "../../backends/libvirt";
import { VolumeFiles } from "../../backends/libvirt/files";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { type PlanOptions, testContext } from "../support/plans";

// Starts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

/** A host whose files go by storage volumes: what its daemon cannot see is hidden in the daemon's mount namespace, where the mounts are. */
let its: Lifecycle;
let files: VolumeFiles;
let guest: PlanOptions;
let uuid: string;
let folder: string;
beforeAll(async () => {
    its = await openLifecycle({ wrap: (host): Host => ({ ...host, files }) });
    files = new VolumeFiles(its.host.uri, its.host.env.PULUMI_UNIKERNEL_DIR);
    const image = join(its.host.folder, "seed.img");
    writeFileSync(image, "seed".padEnd(64 * 1024, "."));
    guest = its.guest({
        blocks: [{ path: image, name: "db", access: "persist" }],
        env: { PASSWORD: "hunter2" },
        secrets: ["env.PASSWORD"],
    });
    await its.create(guest);
    folder = await its.folder(guest);
    uuid = basename(folder);
    writeFileSync(join(folder, "db.persist.img"), "written", { flag: "r+" });
});
afterAll(() => its.close());

const changed = (): PlanOptions => ({ ...guest, args: ["changed"] });

/** The guest that ran still runs, as the same process and by the same definition. */
async function untouched(work: () => Promise<unknown>, refused: object): Promise<void> {
    const facts = async () => [
        await its.process(guest),
        await its.host.virsh("dumpxml", guest.name),
        await its.host.virsh("dumpxml", "--inactive", guest.name),
    ];
    const before = await facts();
    await expect(work()).rejects.toMatchObject(refused);
    expect(await facts()).toEqual(before);
}

interface Way {
    hide(): Promise<unknown> | void;
    show(): Promise<unknown> | void;
    /** How every look at the files fails; left out where the kernel shows an empty folder, or none. */
    look?: object;
    update?: object;
    remove?: object;
}

const unmount = (): Promise<string> => its.host.inside("umount", folder);
/** To the kernel a FUSE file system belongs to one user, without whose program it answers nothing: root is no exception. */
const fuse = (user: number): Promise<string> =>
    its.host.inside(
        "sh",
        "-ec",
        `[ -e /dev/fuse ] || mknod /dev/fuse c 10 229; exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=${user},group_id=${user} stale "$1"`,
        "sh",
        folder,
    );
const away = (instead: () => void): void => {
    renameSync(folder, `${folder}.away`);
    instead();
};
const back = (): void => {
    rmSync(folder);
    renameSync(`${folder}.away`, folder);
};

const hint = expect.stringContaining("mount");
const noDisk = { code: "not-found", property: "blocks[0]", hint };
const noRecord = {
    code: "not-found",
    message: expect.stringMatching(/shows none of the files that are recorded.*db\.persist\.img/),
    hint: expect.stringContaining("findmnt"),
};
const ways: [string, Way][] = [
    [
        "a folder that the daemon may not list",
        { hide: () => fuse(12345), show: unmount, look: { code: "permission", hint } },
    ],
    [
        "a file system whose server is gone",
        { hide: () => fuse(0), show: unmount, look: { code: "program-failed", hint } },
    ],
    [
        "a file in the place of the folder",
        { hide: () => away(() => writeFileSync(folder, "")), show: back, look: { code: "program-failed", hint } },
    ],
    [
        "a link that leads nowhere",
        { hide: () => away(() => symlinkSync("nowhere", folder)), show: back, update: noDisk, remove: noRecord },
    ],
    [
        "another file system over the folder",
        {
            hide: () => its.host.inside("mount", "-t", "tmpfs", "tmpfs", folder),
            show: unmount,
            update: noDisk,
            remove: noRecord,
        },
    ],
    [
        "a mount of a folder that was removed",
        {
            hide: async () => {
                mkdirSync(`${folder}.gone`);
                await its.host.inside("mount", "--bind", `${folder}.gone`, folder);
                rmdirSync(`${folder}.gone`);
            },
            show: unmount,
            update: noDisk,
            remove: noRecord,
        },
    ],
];

test.each(ways)(
    "%s: update and destroy refuse, and leave the guest and its files",
    async (_name, { hide, show, look, update = look, remove = look }) => {
        const all = readdirSync(folder);
        await hide();
        try {
            if (look)
                for (const ask of [
                    () => files.list(uuid),
                    () => files.strange(uuid),
                    () => files.digest(uuid, "db.persist.img"),
                    () => its.observe(guest),
                ])
                    await expect(ask()).rejects.toMatchObject(look);
            await untouched(() => its.update(guest, changed()), update!);
            await untouched(() => its.delete(guest), remove!);
            await untouched(() => its.delete({ ...guest, deleteData: true }), remove!);
        } finally {
            await show();
        }
        expect(readdirSync(folder)).toEqual(all);
        expect(readFileSync(join(folder, "db.persist.img"), "utf8").slice(0, 7)).toBe("written");
    },
);

test("the folder is as it was, and the guest is updated as if nothing had been", async () => {
    await its.update(guest, guest);
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
});

test("a folder that vanished after it was seen is no files: destroy succeeds, and says which it did not find", async () => {
    expect((await files.list(uuid)).map(({ name }) => name)).toContain("db.persist.img");
    renameSync(folder, `${folder}.away`);
    expect(await files.list(uuid)).toEqual([]);
    await untouched(() => its.update(guest, changed()), noDisk);
    const context = testContext();
    await its.delete(guest, context);
    expect(context.said.join("\n")).toMatch(/warning: .*does not exist.*db\.persist\.img/);
    await its.expectNothing(guest);
    expect(existsSync(join(`${folder}.away`, "db.persist.img"))).toBe(true);
    rmSync(`${folder}.away`, { recursive: true });
});

test("a folder whose files were removed is no reason to keep a guest", async () => {
    await its.create(guest);
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    await its.delete(guest);
    await its.expectNothing(guest);
});
