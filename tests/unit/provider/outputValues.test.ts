import * as pulumi from "@pulumi/pulumi";
import { outputValues } from "../../../provider";

const known = (output: unknown) => new Promise((resolve) => (output as pulumi.Output<unknown>).apply(resolve));
const both = ([a, b]: unknown[]) => `${String(a)}${String(b)}`;

test("a value formed of a secret is secret, and any other is not", async () => {
    const plain = outputValues.form(["a", pulumi.output("b")], both);
    const hidden = outputValues.form([pulumi.secret("a"), Promise.resolve("b")], both);
    expect([await known(plain), await known(hidden)]).toEqual(["ab", "ab"]);
    expect(await Promise.all([plain, hidden].map((one) => pulumi.isSecret(one as pulumi.Output<unknown>)))).toEqual([
        false,
        true,
    ]);
});

test("what is later, and what is taken as it is", () => {
    const asset = new pulumi.asset.StringAsset("a");
    expect([pulumi.output(1), Promise.resolve(1), asset, "a", undefined, null, {}].map(outputValues.isLater)).toEqual([
        true,
        true,
        false,
        false,
        false,
        false,
        false,
    ]);
    expect([asset, new pulumi.asset.FileArchive("a"), {}, "a"].map(outputValues.isWhole)).toEqual([
        true,
        true,
        false,
        false,
    ]);
});
