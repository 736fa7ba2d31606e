import { xenConsequences } from "../../../backends/xen";
import { mediumRows, namesWhere, unikernelRows } from "../../../model/arguments";
import { spec } from "./spec";

/** Every argument that is not a medium's: one that is added without a consequence fails here. */
const declared = namesWhere(unikernelRows, (row) => !row.private).filter((name) => !(name in mediumRows));

test("every property of a unikernel has its consequence and a reason that reads as a sentence", () => {
    expect(declared.length).toBeGreaterThan(20);
    expect(declared.filter((property) => !xenConsequences[property])).toEqual([]);
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
            "hosts",
            "description",
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
            "mirage",
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
