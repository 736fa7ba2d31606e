import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourceKind } from "../../../provider";
import { TYPE_TOKENS, trampoline } from "../../../provider";
import { trampolineThrough } from "../../../provider/trampoline";

const kinds: ResourceKind[] = ["unikernel", "blockImage", "networkInterface", "network", "fleetRollOut"];

// State holds these bytes for every resource that was ever made: a change here updates all of them.
test.each(kinds)("the trampoline of %s is what releases have written", (kind) => {
    expect(trampoline(kind)).toBe(readFileSync(join(__dirname, "golden", `${kind}.cjs.txt`), "utf8"));
});

test("where a library alone has the package, the text names the way to it", () => {
    expect(trampolineThrough("unikernel", "node_modules/@shop/web")).toBe(
        'exports.handler = () => require(require.resolve("pulumi-unikernel/dist/provider/dynamic", { paths: [".","node_modules/@shop/web"] })).unikernel',
    );
});

test.each(kinds)("the trampoline of %s is stored twice in at most 0.6 KB", (kind) => {
    expect(2 * Buffer.byteLength(JSON.stringify({ __provider: trampoline(kind) }))).toBeLessThanOrEqual(600);
});

test("type tokens are what releases have written", () => {
    expect(TYPE_TOKENS).toEqual({
        unikernel: "pulumi-nodejs:dynamic/unikernel:Unikernel",
        blockImage: "pulumi-nodejs:dynamic/unikernel:BlockImage",
        networkInterface: "pulumi-nodejs:dynamic/unikernel:NetworkInterface",
        network: "pulumi-nodejs:dynamic/unikernel:Network",
        fleetRollOut: "pulumi-nodejs:dynamic/unikernel:FleetRollOut",
    });
});
