import { decodeReply, encodeRequest, isRefusal, messageLength } from "../../../backends/xen/wire";

const reply = (type: number, payload: string): Buffer => {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(type, 0);
    header.writeUInt32LE(payload.length, 12);
    return Buffer.concat([header, Buffer.from(payload)]);
};
const path = "/local/domain/7/rumprun/cfg";
const read = { type: "read", path } as const;

/** Little-endian: type, request 0, transaction 0, length (xs_wire.h). */
test.each([
    [read, `02000000 00000000 00000000 1c000000 ${Buffer.from(`${path}\0`).toString("hex")}`],
    [{ type: "mkdir", path }, `0c000000 00000000 00000000 1c000000 ${Buffer.from(`${path}\0`).toString("hex")}`],
    [
        { type: "write", path, rest: "{}" },
        `0b000000 00000000 00000000 1e000000 ${Buffer.from(`${path}\0{}`).toString("hex")}`,
    ],
    [
        { type: "setPermissions", path, rest: "n0\0r7\0" },
        `0e000000 00000000 00000000 22000000 ${Buffer.from(`${path}\0n0\0r7\0`).toString("hex")}`,
    ],
] as const)("%j", (request, hex) => {
    expect(encodeRequest(request).toString("hex")).toBe(hex.replaceAll(" ", ""));
});

test("the daemon hangs up on more than 4096 bytes, so they are not sent; characters are not bytes", () => {
    const room = 4096 - path.length - 1;
    expect(encodeRequest({ type: "write", path, rest: "x".repeat(room) })).toHaveLength(16 + 4096);
    expect(() => encodeRequest({ type: "write", path, rest: "x".repeat(room + 1) })).toThrow("4097 bytes");
    expect(() => encodeRequest({ type: "write", path, rest: "ä".repeat(room / 2 + 1) })).toThrow(
        expect.objectContaining({ code: "invalid" }),
    );
});

test("a message is whole when all its bytes are there", () => {
    const whole = reply(2, "{}");
    expect([0, 15, 16, 17].map((length) => messageLength(whole.subarray(0, length)))).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
    ]);
    expect(messageLength(Buffer.concat([whole, whole.subarray(0, 3)]))).toBe(18);
    expect(messageLength(reply(2, ""))).toBe(16);
});

test("a length that xenstore never sends is refused, not waited for", () => {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(4096, 12);
    expect(messageLength(header)).toBeUndefined();
    header.writeUInt32LE(4097, 12);
    expect(() => messageLength(header)).toThrow(expect.objectContaining({ code: "program-failed" }));
});

test("an answer", () => {
    expect(decodeReply(reply(2, "käse"), read)).toBe("käse");
});

test.each([
    ["ENOENT", "not-found"],
    ["EACCES", "permission"],
    ["ENOSPC", "no-space"],
    ["EQUOTA", "program-failed"],
])("refused by %s", (name, code) => {
    const refusal = reply(16, `${name}\0`);
    expect(isRefusal(refusal)).toBe(true);
    expect(() => decodeReply(refusal, read)).toThrow(
        expect.objectContaining({ code, message: `xenstore: read of ${path}: ${name}` }),
    );
});

test.each([
    ["another's answer", reply(11, "OK\0")],
    ["nothing", Buffer.alloc(0)],
    ["half a header", reply(2, "").subarray(0, 8)],
])("%s is an error", (_name, bytes) => {
    expect(isRefusal(bytes)).toBe(false);
    expect(() => decodeReply(bytes, read)).toThrow(expect.objectContaining({ code: "internal" }));
});
