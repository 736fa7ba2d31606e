import { Struct, Value } from "google-protobuf/google/protobuf/struct_pb";
import { UNKNOWN } from "../../../../core";
import { decode, encode, FileContent, ResourceReference } from "../../../../provider/plugin/wire/codec";
import {
    ARCHIVE,
    ASSET,
    OUTPUT,
    RESOURCE,
    SECRET,
    SIGNATURE,
    stepsOf,
    textOf,
    UNKNOWNS,
} from "../../../../provider/plugin/wire/wire";

/** A message as it comes over the wire. */
function message(properties: Record<string, unknown>): Struct {
    return Struct.deserializeBinary(Struct.fromJavaScript(properties as never).serializeBinary());
}
const special = (signature: string, fields: object) => ({ [SIGNATURE]: signature, ...fields });
const secret = (value: unknown) => special(SECRET, { value });
const urn = "urn:pulumi:dev::shop::unikernel:index:BlockImage::data";

test.each<[string, unknown, unknown, (string | number)[][], (string | number)[][]]>([
    ["plain data", { b: [1, "x", true, { c: 0 }] }, { b: [1, "x", true, { c: 0 }] }, [], []],
    [
        "a null in an object is left out, in a list it keeps its place",
        { b: null, c: [null, 1] },
        { c: [null, 1] },
        [],
        [],
    ],
    ["a secret", secret("x"), "x", [["a"]], []],
    ["a secret at depth", { b: [1, secret({ c: 1 })] }, { b: [1, { c: 1 }] }, [["a", "b", 1]], []],
    ["a secret inside of a secret", secret({ b: secret("x") }), { b: "x" }, [["a"]], []],
    ["an unknown secret", secret(UNKNOWN), UNKNOWN, [["a"]], [["a"]]],
    ["an output", special(OUTPUT, { value: "x", dependencies: [] }), "x", [], []],
    ["a secret output", special(OUTPUT, { value: "x", secret: true }), "x", [["a"]], []],
    ["an unknown output", special(OUTPUT, {}), UNKNOWN, [], [["a"]]],
    ["an unknown secret output", special(OUTPUT, { secret: true }), UNKNOWN, [["a"]], [["a"]]],
    ["a reference", special(RESOURCE, { urn, id: "id" }), new ResourceReference(urn, "id"), [], []],
    [
        "a reference to what is not there yet",
        special(RESOURCE, { urn, id: UNKNOWN }),
        new ResourceReference(urn, undefined),
        [],
        [],
    ],
    ["a text asset", special(ASSET, { hash: "h", text: "t" }), new FileContent("asset", "t"), [], []],
    ["an empty text asset", special(ASSET, { text: "" }), new FileContent("asset", ""), [], []],
    [
        "a file asset, its other fields empty",
        special(ASSET, { hash: "h", text: "", path: "p", uri: "" }),
        new FileContent("asset", undefined, "p"),
        [],
        [],
    ],
    [
        "a remote archive",
        special(ARCHIVE, { uri: "file:///x.zip" }),
        new FileContent("archive", undefined, undefined, "file:///x.zip"),
        [],
        [],
    ],
    [
        "an archive of assets",
        special(ARCHIVE, { assets: { b: special(ASSET, { text: "t" }) } }),
        new FileContent("archive", undefined, undefined, undefined, { b: new FileContent("asset", "t") }),
        [],
        [],
    ],
    // google-protobuf itself loses `__proto__`.
    [
        "a key that is special to JavaScript",
        JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
        { constructor: 1 },
        [],
        [],
    ],
])("reads %s", (_, sent, value, secrets, unknowns) => {
    expect(decode(message({ a: sent }))).toEqual({ value: { a: value }, secrets, unknowns });
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("every kind of unknown is one", () => {
    const sent = Object.fromEntries([...UNKNOWNS].map((text, index) => [`p${index}`, text]));
    const { value, unknowns } = decode(message(sent));
    expect(new Set(Object.values(value))).toEqual(new Set([UNKNOWN]));
    expect(unknowns).toHaveLength(7);
});

test("no message at all is no properties", () => {
    expect(decode(undefined)).toEqual({ value: {}, secrets: [], unknowns: [] });
});

function nested(levels: number): unknown {
    return levels === 0 ? 1 : { a: nested(levels - 1) };
}

test.each<[string, Struct, RegExp]>([
    ["an unknown signature", message({ a: { b: special("0123", {}) } }), /^a\.b: .*unknown signature "0123"/],
    ["a secret without a value", message({ a: special(SECRET, {}) }), /^a: .*without a value/],
    ["a reference without a URN", message({ a: special(RESOURCE, { id: "id" }) }), /^a: .*without a URN/],
    ["an asset of nothing", message({ a: special(ASSET, {}) }), /^a: .*asset without content/],
    [
        "a value of no kind",
        (() => {
            const struct = new Struct();
            struct.getFieldsMap().set("a", new Value());
            return struct;
        })(),
        /^a: .*without a kind/,
    ],
    ["a number that is none", message({ a: [NaN] }), /^a\[0\]: .*not finite/],
    ["more levels than any resource has", message(nested(80) as Record<string, unknown>), /deeper than 64 levels/],
    [
        "more values than any resource has",
        message({ a: Array.from({ length: 200_001 }, () => 1) }),
        /more than 200000 values/,
    ],
])("refuses %s", (_, struct, reason) => {
    expect(() => decode(struct)).toThrow(
        expect.objectContaining({ code: "invalid", message: expect.stringMatching(reason) as string }),
    );
});

test.each<[string, Record<string, unknown>, (string | number)[][], Record<string, unknown>]>([
    ["plain data, without what is undefined", { a: { b: undefined, c: [undefined, 1] } }, [], { a: { c: [null, 1] } }],
    ["a secret in its place", { env: { P: "x", Q: "y" } }, [["env", "P"]], { env: { P: secret("x"), Q: "y" } }],
    ["a secret in a list", { args: ["a", "b"] }, [["args", 1]], { args: ["a", secret("b")] }],
    [
        "all of a property where its form changed",
        { blocks: [{ digest: "d" }] },
        [["blocks", 0, "image"]],
        { blocks: secret([{ digest: "d" }]) },
    ],
    ["nothing where the property is gone", { a: 1 }, [["digestKey"]], { a: 1 }],
    ["a secret inside of a secret, once", { a: { b: "x" } }, [["a"], ["a", "b"]], { a: secret({ b: "x" }) }],
    ["what is special to JavaScript is no place for a secret", { a: {} }, [["a", "toString"]], { a: secret({}) }],
])("writes %s", (_, value, secrets, sent) => {
    expect(encode(value, secrets).toJavaScript()).toEqual(sent);
});

test("what was read is written again", () => {
    const sent = {
        env: { P: secret("x"), "a.b": secret("y") },
        args: ["a", secret("b")],
        n: 1.5,
        deep: [{ e: [] }, {}],
    };
    const { value, secrets } = decode(message(sent));
    expect(encode(value, secrets).toJavaScript()).toEqual(sent);
});

test.each<[(string | number)[], string]>([
    [["blocks", 0, "image"], "blocks[0].image"],
    [["manifest", "html/index.html"], 'manifest["html/index.html"]'],
    [["env", 'a"b'], 'env["a\\"b"]'],
])("the path %j is %s", (path, text) => {
    expect(textOf(path)).toBe(text);
    expect(stepsOf(text)).toEqual(path);
});
