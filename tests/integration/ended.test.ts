import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { closeClient, request } from "../../backends/libvirt/client";
import { LocalFiles, VolumeFiles } from "../../backends/libvirt/files";
import type { HostFiles } from "../../backends/libvirt/host";
import { buildImage, identify } from "../../images";
import { hashFile } from "../../localFiles";
import { UnikernelError, withSignal } from "../../model";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { workspace } from "../unit/images/workspace";

jest.setTimeout(900_000);

const { path } = workspace();
const enough = new UnikernelError("timeout", "enough");
let machine: LibvirtHost;
beforeAll(async () => {
    machine = await startLibvirtHost();
});
afterAll(async () => {
    await closeClient();
    await machine?.close();
});

/** Work that is told to end by itself, once it has come so far. */
function cut<T>(work: (end: () => void) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    return withSignal(controller.signal, () =>
        work(() => {
            controller.abort(enough);
        }),
    );
}

/** A file of zeros that takes a while to read. */
async function large(name: string, mebibytes: number): Promise<string> {
    await writeFile(path(name), name);
    await truncate(path(name), mebibytes * 2 ** 20);
    return path(name);
}

test.each<[string, () => HostFiles, string]>([
    ["local files", () => new LocalFiles(join(machine.folder, "guests", "l")), "l"],
    ["storage volumes", () => new VolumeFiles(machine.uri, join(machine.folder, "guests", "v")), "v"],
])("a copy that is cut leaves nothing that looks whole, and can be made again: %s", async (_title, make, base) => {
    const [files, uuid, source] = [make(), randomUUID(), await large("disk", 64)];
    let seen = 0;
    const copying = cut((end) =>
        files.put(uuid, "disk", [{ file: source }, { bytes: Buffer.from("end") }], {
            mode: 0o600,
            onProgress: (bytes) => {
                seen = bytes;
                end();
            },
        }),
    );
    await expect(copying).rejects.toMatchObject({ code: "timeout" });
    expect(seen).toBeLessThan(60 * 2 ** 20);
    expect(await files.list(uuid)).toEqual([]);
    expect(await readdir(join(machine.folder, "guests", base, uuid))).toEqual([]);
    await files.put(uuid, "disk", [{ bytes: Buffer.from("small") }], { mode: 0o600 });
    expect(await files.list(uuid)).toEqual([{ name: "disk", size: 5 }]);
    await files.remove(uuid, "disk");
    await files.removeFolder(uuid);
});

test.each(["raw", "iso9660"] as const)("a build of %s that is cut leaves no file", async (format) => {
    const source = await large("content", 64);
    const identity = await identify(source, { format });
    const building = cut((end) =>
        buildImage(source, { format }, identity, path("image"), () => {
            end();
        }),
    );
    await expect(building).rejects.toThrow("enough");
    expect((await readdir(path("."))).sort()).toEqual(["cache", "content"]);
});

/** By this process, from files and all else (proc_pid_io(5)). */
const bytesRead = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))![1]);

test("a file that is being hashed is let go", async () => {
    const source = await large("kernel", 1024);
    const begin = bytesRead();
    await expect(
        cut((end) => {
            setTimeout(end, 20);
            return hashFile(source);
        }),
    ).rejects.toBe(enough);
    expect(bytesRead() - begin).toBeLessThan(1024 * 2 ** 20);
});

test("a host that does not answer is waited for no longer, is not taken for gone, and answers the next", async () => {
    const uuid = randomUUID();
    const ask = () => request(machine.uri, "domainGet", [uuid], "look-up");
    await expect(ask()).rejects.toMatchObject({ code: "not-found" });
    await machine.signalDaemon("SIGSTOP");
    try {
        // Its own time-out would say so in other words.
        await expect(
            cut((end) => {
                setTimeout(end, 100);
                return ask();
            }),
        ).rejects.toMatchObject({
            code: "timeout",
            message: expect.stringMatching(/^enough: ended the wait for look-up/) as string,
        });
        await expect(
            cut(async (end) => {
                end();
                return ask();
            }),
        ).rejects.toBe(enough);
    } finally {
        await machine.signalDaemon("SIGCONT");
    }
    await expect(ask()).rejects.toMatchObject({ code: "not-found" });
});
