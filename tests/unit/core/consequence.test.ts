import { sentence } from "../../../core/unikernel/consequence";
import { differences } from "../../../core/unikernel/diff";
import { UNKNOWN } from "../../../core/handlers";
import type { StoredInputs } from "../../../core/unikernel/inputs";
import { checked, table } from "./specs";

const image = checked().blocks[0]!;

test.each<[Partial<StoredInputs>, string]>([
    [{ args: [], env: { GREETING: "good day", ZONE: "a" } }, "restart: args, env.GREETING"],
    [{ autostart: true }, "live: autostart"],
    [{ autostart: true, memory: 128 }, "restart: memory, autostart"],
    [{ platform: "xen", memory: 128 }, "replace: platform, memory"],
    [{ env: Object.fromEntries([..."ABCDEFG"].map((name) => [name, "1"])) }, "restart: env.GREETING, env.ZONE, env.A, env.B, env.C and 4 more"],
    [{ blocks: [{ ...image, digest: UNKNOWN }] }, "restart if blocks[0] changes"],
    [{ blocks: [{ ...image, digest: UNKNOWN }], hostname: UNKNOWN }, "restart if hostname, blocks[0] change"],
    [{ blocks: [{ ...image, digest: UNKNOWN }], args: [] }, "restart: args; restart if blocks[0] changes"],
    [{ name: UNKNOWN }, "restart if name changes"],
])("%j", (next, expected) => {
    expect(sentence(differences(checked(), checked(next), table))).toBe(expected);
});

test("a changed image is told by its files where they are known", () => {
    const found = differences(checked(), checked({ blocks: [{ ...image, digest: "d2" }], memory: 65 }), table);
    expect(sentence(found, ({ property }) => (property === "blocks[0]" ? ["/etc/nginx/nginx.conf"] : undefined)))
        .toBe("restart: memory, /etc/nginx/nginx.conf");
});

test("a persist disk keeps its data, and the preview says so", () => {
    const old = checked({ blocks: [{ ...image, access: "persist" }] });
    const next = checked({ blocks: [{ ...image, access: "persist", digest: "d2" }] });
    expect(sentence(differences(old, next, table))).toBe("live: blocks[0] (persist: its data stay, the new image is not used)");
});

test("drift is named as such", () => {
    expect(sentence(differences(checked({ drift: ["interfaces"] }), checked(), table))).toBe("restart: interfaces (edited on the host)");
});
