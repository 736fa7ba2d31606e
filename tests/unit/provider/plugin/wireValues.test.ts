import { UNKNOWN } from "../../../../core";
import { dependenciesIn, joined, wireValues } from "../../../../provider/plugin/fleet/wireValues";
import { ASSET, OUTPUT, SIGNATURE } from "../../../../provider/plugin/wire/wire";
import { reference, secret } from "./plugin";

const output = (value: unknown, dependencies: string[] = [], more: object = {}) => ({
    [SIGNATURE]: OUTPUT,
    ...(value === undefined ? {} : { value }),
    dependencies,
    ...more,
});
const both = ([a, b]: unknown[]) => `${String(a)}${String(b)}`;

test.each<[string, unknown[], unknown]>([
    ["plain texts", ["a", "b"], "ab"],
    ["a secret", ["a", secret("b")], secret("ab")],
    ["an unknown value", ["a", UNKNOWN], UNKNOWN],
    ["a secret that is unknown", [secret(UNKNOWN), "b"], secret(UNKNOWN)],
    ["an output without dependencies", [output("a"), "b"], "ab"],
    [
        "an output of two resources",
        [output("a", ["one"]), output("b", ["two", "one"])],
        output("ab", ["one", "two"], { secret: false }),
    ],
    ["a secret output", [output("a", ["one"], { secret: true }), "b"], output("ab", ["one"], { secret: true })],
    ["an unknown output", [output(undefined, ["one"]), "b"], output(undefined, ["one"], { secret: false })],
    ["a secret within an output", [output(secret("a"), ["one"]), "b"], output("ab", ["one"], { secret: true })],
])("a value formed of %s", (_, values, wanted) => {
    expect(wireValues.form(values, both)).toEqual(wanted);
});

test("what is later, and what is taken as it is", () => {
    const asset = { [SIGNATURE]: ASSET, text: "${index}" };
    expect([secret("a"), output("a"), UNKNOWN, "a", { a: 1 }, [UNKNOWN], null].map(wireValues.isLater)).toEqual([
        true,
        true,
        true,
        false,
        false,
        false,
        false,
    ]);
    expect([reference("urn"), asset, secret("a"), {}, "a"].map(wireValues.isWhole)).toEqual([
        true,
        true,
        false,
        false,
        false,
    ]);
});

test("a value is made of the resources that it refers to, and of those behind its outputs", () => {
    const value = {
        a: [reference("one")],
        b: secret({ c: output("x", ["two"]) }),
        d: output(output("y", ["four"]), ["three"]),
    };
    expect([...new Set(dependenciesIn(value))].sort()).toEqual(["four", "one", "three", "two"]);
});

test.each<[string, unknown, unknown]>([
    ["nothing wrapped", { a: [1, { b: null }] }, { a: [1, { b: null }] }],
    ["a secret number in a list", { a: [secret(1), 2] }, secret({ a: [1, 2] })],
    ["an unknown value", { a: { b: UNKNOWN } }, UNKNOWN],
    ["nothing", undefined, undefined],
])("joined: %s", (_, value, wanted) => {
    expect(joined(value)).toEqual(wanted);
});
