import { readFileSync } from "node:fs";
import { join } from "node:path";

import { xenConsequences } from "../../../backends/xen";
import { spec } from "./spec";

/** The spec's own properties, from its source: one that is added there without a consequence fails here. */
const declared = (() => {
    const source = readFileSync(join(__dirname, "../../../spec/unikernel.ts"), "utf8");
    const body = /export interface UnikernelSpec extends MediumSpec \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? "";
    return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map((match) => match[1]);
})();

test("every property of a unikernel has its consequence and a reason that reads as a sentence", () => {
    expect(declared.length).toBeGreaterThan(20);
    expect(declared.filter((property) => !xenConsequences[property ?? ""])).toEqual([]);
    for (const { why } of Object.values(xenConsequences)) expect(why).toMatch(/^[A-Zl].*\.$/);
});

test.each<[string, string[]]>([
    ["replace", ["uuid", "name", "platform", "host"]],
    [
        "live",
        [
            "schemaVersion",
            "urn",
            "connection",
            "sshTarget",
            "state",
            "autostart",
            "readiness",
            "shutdownTimeout",
            "adopt",
            "deleteData",
            "keepLast",
        ],
    ],
    [
        "restart",
        [
            "kernel",
            "initrd",
            "guest",
            "args",
            "env",
            "hostname",
            "memory",
            "maxMemory",
            "vcpus",
            "blocks",
            "interfaces",
            "onCrash",
            "secrets",
            "accelerator",
            "gdb",
            "qemuArgs",
        ],
    ],
])("%s", (consequence, properties) => {
    expect(
        Object.keys(xenConsequences)
            .filter((property) => xenConsequences[property]?.consequence === consequence)
            .sort(),
    ).toEqual(properties.sort());
});

test.each<[string, number | undefined, string]>([
    ["with room for the balloon", 256, "live"],
    ["without", undefined, "restart"],
])("memory, %s: %s", (_name, maxMemory, consequence) => {
    expect(xenConsequences.memory?.refine?.(64, 128, spec({ maxMemory }))).toBe(consequence);
});
