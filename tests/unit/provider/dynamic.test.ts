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

test("another text by which the package is reached is an update of state alone", async () => {
    const { inputs } = await networkInterface.check({}, { resourceUrn: urn, attach: { network: "default" } });
    const { outs } = await networkInterface.create(inputs);
    const [olds, news] = [
        { ...outs, __provider: "old" },
        { ...inputs, __provider: "new" },
    ];
    expect(await networkInterface.diff("id", olds, news)).toMatchObject({ changes: true, replaces: [] });
    expect(await networkInterface.update("id", olds, news)).toEqual({ outs });
    expect(await networkInterface.diff("id", { ...olds, __provider: "new" }, news)).toMatchObject({ changes: false });
    // State of the plugin has no text.
    expect(await networkInterface.diff("id", outs, news)).toMatchObject({ changes: false });
});

test("an error is its message, without a stack", async () => {
    const error: Error = await unikernel.read("id", { schemaVersion: 99, __provider: "text" }).then(
        () => new Error("no error"),
        (thrown) => thrown,
    );
    expect(error.message).toMatch(/schema version 99/);
    expect(error.stack).toBe("");
});
