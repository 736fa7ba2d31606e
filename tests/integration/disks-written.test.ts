import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { resourceHandlers } from "../../core";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { nginxGuest } from "../support/linuxGuest";
import { alice } from "../support/plans";

jest.setTimeout(900_000);

type Properties = Record<string, unknown>;
interface Guest {
    id: string;
    outs: Properties;
}

/** Appends its word to both disks, says what stands there, and ends at once if it is told to. */
const PROGRAM = `for disk in keep fresh; do echo $WORD >> /$disk/log; sync; echo $disk: $(cat /$disk/log).; done; [ -z "$END" ] || exit 3; echo written; exec sleep 100000`;

const said: string[] = [];
const { blockImage, unikernel } = resourceHandlers({ creator: alice, log: (message) => said.push(message) });
let its: Lifecycle;
let boot: { kernel: string; initrd: string };
let folder: string;

beforeAll(async () => {
    [its, boot, folder] = await Promise.all([
        openLifecycle(),
        nginxGuest(),
        mkdtemp(join(tmpdir(), "pulumi-unikernel-disks-")),
    ]);
});
afterAll(async () => {
    await its.close();
    await rm(folder, { recursive: true, force: true });
});

/** The data image with this in its one file. */
async function image(content: string): Promise<Properties> {
    const { inputs, failures } = await blockImage.check(
        {},
        {
            resourceUrn: "urn:pulumi:dev::disks::t::data",
            source: { log: `${content}\n` },
            format: "ext4",
            size: 12,
            output: join(folder, `${content}.ext4`),
        },
    );
    expect(failures).toEqual([]);
    await blockImage.create(inputs);
    return { name: "data", digest: inputs.digest, format: "ext4", output: inputs.output };
}

async function checked(
    olds: Properties,
    name: string,
    data: Properties,
    env: Record<string, string>,
    more: Properties = {},
): Promise<Properties> {
    const { inputs, failures } = await unikernel.check(olds, {
        resourceUrn: `urn:pulumi:dev::disks::t::${name}`,
        platform: "kvm",
        connection: its.host.uri,
        accelerator: "tcg",
        memory: 96,
        shutdownTimeout: 10,
        ...boot,
        args: ["sh", "-c", PROGRAM],
        env,
        readiness: { console: "^written", timeout: 100 },
        blocks: [
            { ...data, name: "kept", mount: "/keep", access: "persist" },
            { ...data, name: "private", mount: "/fresh", access: "scratch" },
        ],
        ...more,
    });
    expect(failures).toEqual([]);
    return inputs;
}

/** What the guest read back from its disks at its last boot. */
async function disks({ outs }: Guest): Promise<{ keep?: string; fresh?: string }> {
    const console = await readFile(String(outs.consoleLog), "utf8");
    const of = (disk: string) => new RegExp(`^${disk}: (.*)\\.\\r?$`, "m").exec(console)?.[1];
    return { keep: of("keep"), fresh: of("fresh") };
}

test("a guest that writes: persist disks keep it over restart, rollback, a changed image and a replacement; scratch disks are private and fresh", async () => {
    const seed = await image("seed");
    const raise = async (name: string, word: string): Promise<Guest> =>
        unikernel.create(await checked({}, name, seed, { WORD: word }));
    const [one, other] = await Promise.all([raise("one", "first"), raise("other", "others")]);
    // Two guests of one image never see each other's writes.
    expect(await disks(one)).toEqual({ keep: "seed first", fresh: "seed first" });
    expect(await disks(other)).toEqual({ keep: "seed others", fresh: "seed others" });
    await unikernel.delete(other.id, other.outs);

    const redeploy = async (guest: Guest, data: Properties, env: Record<string, string>): Promise<Guest> => ({
        id: guest.id,
        ...(await unikernel.update(guest.id, guest.outs, await checked(guest.outs, "one", data, env))),
    });
    const changed = await image("changed");
    // What the guest that failed had written stays, too: it may be all there is of it.
    await expect(redeploy(one, changed, { WORD: "bad", END: "1" })).rejects.toMatchObject({ code: "rolled-back" });
    expect(await disks(one)).toEqual({ keep: "seed first bad first", fresh: "seed first" });

    const reseeded = await redeploy(one, changed, { WORD: "second" });
    expect(await disks(reseeded)).toEqual({ keep: "seed first bad first second", fresh: "changed second" });

    await unikernel.delete(reseeded.id, reseeded.outs);
    expect(said.at(-1)).toMatch(/kept .*kept\.persist.*deleteData: true/);
    const replaced = await unikernel.create(
        await checked({}, "one", changed, { WORD: "last" }, { name: "renamed", deleteData: true }),
    );
    expect(await disks(replaced)).toEqual({ keep: "seed first bad first second last", fresh: "changed last" });

    await unikernel.delete(replaced.id, replaced.outs);
    expect(await its.host.virsh("list", "--all", "--name")).toBe("");
});
