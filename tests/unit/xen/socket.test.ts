import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { localXenstore } from "../../../backends/xen/socket";
import { messageLength } from "../../../backends/xen/wire";
import { readGuestKey, writeGuestKey } from "../../../backends/xen/xenstore";

const folder = mkdtempSync(join(tmpdir(), "xenstore-"));
let server: Server | undefined;
afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
/** Listens, and answers each message as the test says. @returns the socket's path and the messages */
async function daemon(
    answer: (type: number, payload: string, socket: Socket) => void,
): Promise<{ path: string; heard: [number, string][] }> {
    const path = join(folder, `socket${count++}`);
    const heard: [number, string][] = [];
    server = createServer((socket) => {
        let bytes = Buffer.alloc(0);
        socket.on("error", () => undefined);
        socket.on("data", (more: Buffer) => {
            bytes = Buffer.concat([bytes, more]);
            for (let length = messageLength(bytes); length !== undefined; length = messageLength(bytes)) {
                const [type, payload] = [bytes.readUInt32LE(0), bytes.toString("utf8", 16, length)];
                bytes = bytes.subarray(length);
                heard.push([type, payload]);
                answer(type, payload, socket);
            }
        });
    });
    await new Promise<void>((resolve) => server!.listen(path, resolve));
    return { path, heard };
}

function message(type: number, payload: string): Buffer {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(type, 0);
    header.writeUInt32LE(Buffer.byteLength(payload), 12);
    return Buffer.concat([header, Buffer.from(payload)]);
}

const path7 = "/local/domain/7/rumprun/cfg";
const grants = (type: number, _payload: string, socket: Socket): void => void socket.write(message(type, "OK\0"));

test("told: an empty node, its permissions, and only then the value", async () => {
    const { path, heard } = await daemon(grants);
    await writeGuestKey(localXenstore(path), 7, "rumprun/cfg", "{ käse }");
    expect(heard).toEqual([
        [12, `${path7}\0`],
        [14, `${path7}\0n0\0r7\0`],
        [11, `${path7}\0{ käse }`],
    ]);
});

test("a permission that is refused keeps the value at home", async () => {
    const { path, heard } = await daemon((type, payload, socket) =>
        type === 14 ? void socket.write(message(16, "EACCES\0")) : grants(type, payload, socket),
    );
    await expect(writeGuestKey(localXenstore(path), 7, "rumprun/cfg", "secret")).rejects.toMatchObject({
        code: "permission",
        message: expect.stringContaining("EACCES"),
    });
    expect(heard.map(([type]) => type)).toEqual([12, 14]);
});

test.each<[string, (socket: Socket) => void, string | undefined]>([
    ["what it was told", (socket) => void socket.write(message(2, "{}")), "{}"],
    ["nothing", (socket) => void socket.write(message(16, "ENOENT\0")), undefined],
    ["an empty node: we were killed in between", (socket) => void socket.write(message(2, "")), undefined],
    [
        "an answer in pieces",
        (socket) => {
            const all = message(2, "{}");
            socket.write(all.subarray(0, 7));
            setTimeout(() => socket.write(all.subarray(7)), 20);
        },
        "{}",
    ],
])("asked: %s", async (_name, reply, expected) => {
    const { path, heard } = await daemon((_type, _payload, socket) => reply(socket));
    expect(await readGuestKey(localXenstore(path), 7, "rumprun/cfg")).toBe(expected);
    expect(heard).toEqual([[2, `${path7}\0`]]);
});

test.each<[string, (socket: Socket) => void, string]>([
    ["it hangs up", (socket) => void socket.destroy(), "hung up"],
    [
        "it hangs up in the middle",
        (socket) => {
            socket.write(message(2, "{}").subarray(0, 17), () => socket.destroy());
        },
        "hung up",
    ],
    ["it says nothing", () => undefined, "no answer within 0.1 s"],
])("a daemon in trouble: %s", async (_name, reply, text) => {
    const { path } = await daemon((_type, _payload, socket) => reply(socket));
    await expect(readGuestKey(localXenstore(path, 100), 7, "k")).rejects.toMatchObject({
        code: "program-failed",
        message: expect.stringContaining(text),
    });
});

test("no daemon", async () => {
    await expect(readGuestKey(localXenstore(join(folder, "none")), 7, "k")).rejects.toMatchObject({
        code: "program-missing",
        hint: expect.stringContaining("xen start"),
    });
});

test("an answer that claims 4 GiB is an error at once", async () => {
    const { path } = await daemon((_type, _payload, socket) => void socket.write(Buffer.alloc(16, 0xff)));
    await expect(readGuestKey(localXenstore(path), 7, "rumprun/cfg")).rejects.toMatchObject({
        code: "program-failed",
        message: expect.stringContaining("expected at most 4096"),
    });
});
