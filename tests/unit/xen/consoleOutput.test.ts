import { consoleOutput } from "../../../backends/xen/consoleOutput";
import { domainUptimes } from "../../../backends/xen/uptimes";
import { dom0With } from "./spec";

const present = "/var/log/xen/console/guest-web.log";
const last = `${present}.last`;
const paths = { present: [present, "/var/log/xen/guest-web.log"], last: [last] };

/** Read what is new. */
const read = async (reader: Awaited<ReturnType<typeof consoleOutput>>) => {
    const { bytes, lost } = await reader!.next();
    return [Buffer.from(bytes).toString("utf8"), lost ?? false];
};

test("a log is read as it grows, and over a start by us, which moves it", async () => {
    const files: Record<string, string> = { [present]: "one\n" };
    const reader = await consoleOutput(dom0With(files), paths, {});
    expect(await read(reader)).toEqual(["one\n", false]);
    expect(await read(reader)).toEqual(["", false]);
    files[present] += "two\n";
    expect(await read(reader)).toEqual(["two\n", false]);
    files[last] = `${files[present]}three\n`;
    files[present] = "new\n";
    expect(await read(reader)).toEqual(["three\n", false]);
    expect(await read(reader)).toEqual(["new\n", false]);
});

test("the boot before, and none where no program stores it", async () => {
    const dom0 = dom0With({ [last]: "before\n" });
    expect(await read(await consoleOutput(dom0, paths, { last: true }))).toEqual(["before\n", false]);
    expect(await consoleOutput(dom0, paths, {})).toBeUndefined();
});

test("what is older than --since is left out", async () => {
    const files = { [present]: "old\n" };
    const dom0 = { ...dom0With(files), run: async () => `90 ${present}\n` };
    const reader = await consoleOutput(dom0, paths, { since: 60 });
    files[present] += "new\n";
    expect(await read(reader)).toEqual(["new\n", false]);
    expect(await read(await consoleOutput(dom0, paths, { since: 100 }))).toEqual(["old\nnew\n", false]);
});

test("output that came faster than it is read is said to be lost", async () => {
    const files = { [present]: "one\n" };
    const reader = await consoleOutput(dom0With(files), paths, {});
    await read(reader);
    files[present] += "x".repeat(300 * 1024);
    expect(await read(reader)).toEqual(["x".repeat(256 * 1024), true]);
});

test("the uptime is by dom0's clock; a domain without a known start has none", async () => {
    /** A reply of xenstore's protocol: type 2 with the payload, or type 16 with an error. */
    const reply = (type: number, text: string): Buffer => {
        const header = Buffer.alloc(16);
        header.writeUInt32LE(type, 0);
        header.writeUInt32LE(text.length, 12);
        return Buffer.concat([header, Buffer.from(text)]);
    };
    const dom0 = {
        ...dom0With(),
        run: async () => "1700000100\n",
        xenstore: async ([message]: Buffer[]) => [
            message!.includes("/vm/known/start_time") ? reply(2, "1700000040.50") : reply(16, "ENOENT\0"),
        ],
    };
    expect([...(await domainUptimes(dom0, ["known", "other"]))]).toEqual([["known", 59.5]]);
});
