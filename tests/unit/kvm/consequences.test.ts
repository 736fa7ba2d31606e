import { kvmConsequences } from "../../../backends/kvm";
import { mediumRows, namesWhere, unikernelRows } from "../../../model/arguments";
import { spec } from "./spec";

/** Every argument that is not a medium's: one that is added without a consequence fails here. */
const declared = namesWhere(unikernelRows, (row) => !row.private).filter((name) => !(name in mediumRows));

test("every property of a unikernel has its consequence and a reason that reads as a sentence", () => {
    expect(declared.length).toBeGreaterThan(20);
    expect(declared.filter((property) => !kvmConsequences[property])).toEqual([]);
    for (const { why } of Object.values(kvmConsequences)) expect(why).toMatch(/^[A-Zl].*\.$/);
});

test.each(["name", "platform", "uuid", "host"])("%s replaces", (property) => {
    expect(kvmConsequences[property]?.consequence).toBe("replace");
});

test.each([
    "state",
    "autostart",
    "readiness",
    "shutdownTimeout",
    "adopt",
    "deleteData",
    "keepLast",
    "urn",
    "connection",
])("%s interrupts nothing", (property) => {
    expect(kvmConsequences[property]).toMatchObject({ consequence: "live" });
});

test.each([
    "kernel",
    "initrd",
    "guest",
    "args",
    "env",
    "hostname",
    "memory",
    "vcpus",
    "blocks",
    "interfaces",
    "accelerator",
    "gdb",
    "qemuArgs",
    "secrets",
])("%s restarts", (property) => {
    expect(kvmConsequences[property]).toMatchObject({ consequence: "restart" });
});

test.each([
    [{ network: "a" }, { network: "b" }, "live"],
    [{ network: "a" }, { bridge: "br0" }, "live"],
    [{ bridge: "br0" }, { bridge: "br1" }, "live"],
    [{ network: "a" }, { tap: "tap0" }, "restart"],
    [{ tap: "tap0" }, { tap: "tap1" }, "restart"],
    [{ user: { forward: [] } }, { network: "a" }, "restart"],
    [{ user: { forward: [] } }, { user: { forward: [{ host: 1, guest: 1 }] } }, "restart"],
    [undefined, { network: "a" }, "restart"],
    [{ network: "a" }, undefined, "restart"],
])("an interface from %j to %j: %s", (from, to, consequence) => {
    expect(kvmConsequences["interfaces[].attach"]?.refine?.(from, to, spec())).toBe(consequence);
});

test.each([
    ["destroy", "preserve", "live"],
    ["preserve", "destroy", "live"],
    ["destroy", "restart", "restart"],
    ["restart", "preserve", "restart"],
])("onCrash from %s to %s: %s", (from, to, consequence) => {
    expect(kvmConsequences.onCrash?.refine?.(from, to, spec())).toBe(consequence);
});
