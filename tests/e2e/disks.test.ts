import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Guests, READY } from "./guests";

// Restarts of real guests by the real engine, on machines that do other things too.
jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

test("each persist disk keeps its own data: swapped, the first removed, its file renamed; two of one name are refused", async () => {
    const file = (path: string): string => {
        mkdirSync(dirname(join(host.folder, path)), { recursive: true });
        writeFileSync(join(host.folder, path), "seed".padEnd(64 * 1024, "."));
        return join(host.folder, path);
    };
    const [one, two, renamed] = [file("a/disk.img"), file("b/disk.img"), file("a/disk-2.img")];
    const disk = (path: string, mount: string, name?: string) => ({
        path,
        mount,
        access: "persist",
        ...(name ? { name } : {}),
    });
    await Guests.with(host, "disks", async (guests) => {
        const declare = (...blocks: object[]): Promise<void> => guests.declare({ web: { readiness: READY, blocks } });
        await declare(disk(one, "/a"), disk(two, "/b"));
        await expect(guests.stack.up()).rejects.toThrow(
            /blocks\[0\] and blocks\[1\] are called "disk\.img"[^]*blocks\[1\]: name: "disk\.img-2"/,
        );
        await declare(disk(one, "/a", "first"), disk(two, "/b", "second"));
        await guests.stack.up();
        const folder = join(host.env.PULUMI_UNIKERNEL_DIR, (await guests.outputs()).web!.uuid);
        const persist = (): string[] =>
            readdirSync(folder)
                .filter((name) => name.includes(".persist."))
                .sort();
        expect(persist()).toEqual(["first.persist.img", "second.persist.img"]);
        for (const name of ["first", "second"])
            writeFileSync(join(folder, `${name}.persist.img`), name, { flag: "r+" });
        /** What the guest's disks begin with, in its order, as its definition names the files. */
        const disks = async (): Promise<string[]> => {
            const xml = await host.virsh("dumpxml", (await guests.outputs()).web!.name);
            return [...xml.matchAll(/<source file=['"]([^'"]+\.persist\.img)['"]/g)].map(([, path]) =>
                readFileSync(path!, "utf8").slice(0, 6).replace(/\..*/, ""),
            );
        };
        expect(await disks()).toEqual(["first", "second"]);
        await declare(disk(two, "/b", "second"), disk(one, "/a", "first"));
        await guests.stack.up();
        expect(await disks()).toEqual(["second", "first"]);
        await declare(disk(one, "/a", "first"));
        await guests.stack.up();
        expect(await disks()).toEqual(["first"]);
        expect((await guests.outputs()).web!.consequence).toContain('the data of "second" stay in second.persist.img');
        await declare(disk(renamed, "/a", "first"));
        await guests.stack.up();
        expect(await disks()).toEqual(["first"]);
        await declare(disk(renamed, "/a", "third"));
        await guests.stack.up();
        expect((await guests.outputs()).web!.consequence).toBe(
            'restart: blocks[0] (a new, empty disk "third"; first.persist.img stays behind)',
        );
        expect(await disks()).toEqual(["seed"]);
        expect(persist()).toEqual(["first.persist.img", "second.persist.img", "third.persist.img"]);
    });
});
