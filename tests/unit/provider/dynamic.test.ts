import { networkInterface, unikernel } from "../../../provider/dynamic";
import { plain } from "../../../provider/plain";

const urn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:NetworkInterface::eth";

test("what is undefined does not reach protocol buffers, which refuse it", () => {
    expect(plain({ a: undefined, b: { c: undefined, d: [{ e: undefined, f: null }] } })).toStrictEqual({
        b: { d: [{ f: null }] },
    });
});

test("the SDK's own property is neither checked nor returned", async () => {
    const { inputs, failures } = await networkInterface.check(
        {},
        { resourceUrn: urn, attach: { network: "default" }, __provider: "text" },
    );
    expect(failures).toEqual([]);
    expect(inputs).not.toHaveProperty("__provider");
});

test("an error is its message, without a stack", async () => {
    const error: Error = await unikernel.read("id", { schemaVersion: 99, __provider: "text" }).then(
        () => new Error("no error"),
        (thrown) => thrown,
    );
    expect(error.message).toMatch(/schema version 99/);
    expect(error.stack).toBe("");
});
