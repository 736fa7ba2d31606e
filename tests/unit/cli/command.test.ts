import { run } from "../../../cli/command";
import { permits } from "../../../cli/doctor/probe/account";
import { aclAllows, ancestors } from "../../../cli/doctor/probe/folder";
import { bridgeAllowed } from "../../../cli/doctor/probe/network";
import { keptStreams } from "../../support/streams";

/** What a command line ends with, and what it calls doctor with. */
async function command(...argv: string[]) {
    const called: unknown[] = [];
    const { streams, said } = keptStreams();
    const code = await run(argv, streams, {
        doctor: async ({ print: _, ...options } = {}) => {
            called.push(options);
            return options.connection !== "broken:///";
        },
        selftest: async ({ print: _, say: _say, ...options }) => {
            called.push(options);
            return options.connection === "broken:///" ? 143 : 0;
        },
        sweep: async ({ print: _, ...options } = {}) => {
            called.push(options);
            return true;
        },
        ls: async (options) => {
            called.push(options);
            return options.stack !== "half";
        },
        events: async (options) => {
            called.push(options);
            return 0;
        },
        logs: async (options) => {
            called.push(options);
            return 0;
        },
        console: async (options) => {
            called.push(options);
            return 0;
        },
    });
    return { code, ...said, called };
}

test.each<[string[], number, string, string]>([
    [[], 2, "", "Usage: pulumi-unikernel"],
    [["frobnicate"], 2, "", "unknown command 'frobnicate'"],
    [["doctor", "now"], 2, "", "too many arguments for 'doctor'"],
    [["doctor", "--colour"], 2, "", "--colour"],
    [["doctor", "--connection"], 2, "", "--connection"],
    [["doctor", "--kills", "3"], 2, "", "unknown option '--kills'"],
    [["selftest", "--accelerator", "hvf"], 2, "", "Allowed choices are auto, kvm, tcg"],
    [["selftest", "--yes"], 2, "", "unknown option '--yes'"],
    [["selftest", "--kills", "0"], 2, "", "Expected a number from 1"],
    [["sweep", "--yes"], 2, "", "--yes needs --state FILE"],
    [["sweep", "--yes", "--dry-run", "--state", "x"], 2, "", "cannot be used with option '--yes'"],
    [["sweep", "--delete-data"], 2, "", "--delete-data needs --yes"],
    [["logs"], 2, "", "missing required argument 'name'"],
    [["logs", "web", "--boot", "2"], 2, "", "Allowed choices are 0, -1"],
    [["logs", "web", "-f", "--boot", "-1"], 2, "", "--follow and --boot -1 exclude each other"],
    [["logs", "web", "--since", "yesterday"], 2, "", '"yesterday" is no time'],
    [["convert"], 2, "", "missing required argument 'line'"],
    [["convert", "rumprun", "kvm", "-b", "a.iso", "app"], 2, "", "unknown option '-b'"],
    [["--help"], 0, "Usage: pulumi-unikernel", ""],
    [["doctor", "-h"], 0, "Usage: pulumi-unikernel", ""],
    [["--version"], 0, (require("../../../package.json") as { version: string }).version, ""],
])("%j ends with %i", async (argv, code, out, error) => {
    const result = await command(...argv);
    expect(result).toMatchObject({
        code,
        called: [],
        out: expect.stringContaining(out),
        error: expect.stringContaining(error),
    });
    expect(result.error.includes("Usage:")).toBe(code === 2);
});

test.each<[string[], number, object]>([
    [["doctor"], 0, { connection: undefined, json: undefined }],
    [["doctor", "--connection", "qemu:///session", "--json"], 0, { connection: "qemu:///session", json: true }],
    [["doctor", "--connection=broken:///"], 1, { connection: "broken:///", json: undefined }],
])("%j asks doctor and ends with %i", async (argv, code, options) => {
    expect(await command(...argv)).toMatchObject({ code, called: [options], error: "" });
});

test.each<[string[], number, object]>([
    [["selftest"], 0, {}],
    [
        ["selftest", "--connection", "xen:///system", "--accelerator", "kvm", "--kills", "3", "--json"],
        0,
        { connection: "xen:///system", accelerator: "kvm", kills: 3, json: true },
    ],
    [["selftest", "--connection=broken:///"], 143, { connection: "broken:///" }],
])("%j asks selftest and ends with its code, %i", async (argv, code, options) => {
    expect(await command(...argv)).toMatchObject({ code, called: [options], error: "" });
});

test.each<[string[], number, object]>([
    [["ls"], 0, {}],
    [
        ["ls", "--connection", "qemu:///a", "--connection", "qemu:///b", "--json"],
        0,
        { connection: ["qemu:///a", "qemu:///b"], json: true },
    ],
    [["ls", "--stack", "half"], 1, { stack: "half" }],
    [["events", "-f", "--json"], 0, { follow: true, json: true }],
    [["logs", "web"], 0, { name: "web", boot: 0 }],
    [["console", "web", "--force", "--stack", "dev"], 0, { name: "web", force: true, stack: "dev" }],
    [["logs", "web", "--boot", "-1", "--since", "2m"], 0, { name: "web", boot: -1, since: 120 }],
    [["logs", "-f", "web", "--stack", "org/web/dev"], 0, { name: "web", follow: true, stack: "org/web/dev" }],
    [["sweep", "--yes", "--state", "a", "--state", "b"], 0, { yes: true, state: ["a", "b"] }],
])("%j asks for the guests and ends with %i", async (argv, code, options) => {
    expect(await command(...argv)).toMatchObject({ code, called: [options], error: "" });
});

test.each([
    ["allow br0", true],
    ["allow all", true],
    ["allow br1", false],
    ["", false],
    ["# allow br0", false],
    ["allow br0\ndeny br0", false],
    ["deny br0\nallow all", false],
    ["deny all\nallow br0", false],
    ["  allow   br0  ", true],
])("an access list %j lets br0 in: %j", (text, allowed) => expect(bridgeAllowed(text, "br0")).toBe(allowed));

const file = { uid: 1000, gid: 100 };
test.each<[string, number, { uid: number; gids: number[] }, boolean]>([
    ["owner", 0o100, { uid: 1000, gids: [] }, true],
    ["owner before others", 0o001, { uid: 1000, gids: [] }, false],
    ["group", 0o010, { uid: 7, gids: [5, 100] }, true],
    ["group before others", 0o001, { uid: 7, gids: [100] }, false],
    ["others", 0o001, { uid: 7, gids: [7] }, true],
    ["root", 0, { uid: 0, gids: [] }, true],
])("search by mode: %s", (_who, mode, user, allowed) => expect(permits({ ...file, mode }, user, 1)).toBe(allowed));

const acl = "user::rwx\nuser:64055:--x\ngroup::---\nmask::--x\nother::---\n";
test.each([
    ["its entry", acl, 64055, true],
    ["another's entry", acl, 6405, false],
    ["the mask takes it away", acl.replace("mask::--x", "mask::---"), 64055, false],
])("search by ACL: %s", (_why, text, uid, allowed) => expect(aclAllows(text, uid)).toBe(allowed));

test("ancestors from the root", () => expect(ancestors("/a/b")).toEqual(["/", "/a", "/a/b"]));

test("convert takes all behind -- as the line, whatever it looks like, and ends with its code", async () => {
    const line = ["rumprun", "kvm", "-i", "app", "--yaml", "--", "-h", "--version"];
    const plain = await command("convert", "--", ...line);
    expect(plain).toMatchObject({ code: 0, error: "" });
    expect(plain.out).toContain('args: ["--yaml", "--", "-h", "--version"]');
    expect((await command("convert", "--yaml", "--", ...line)).out).toContain(
        'args: ["--yaml", "--", "-h", "--version"]\n',
    );
    expect(await command("convert", "--", "rumprun", "-S", "kvm", "app")).toMatchObject({
        code: 1,
        error: expect.stringMatching(/^not converted: -S: /),
    });
    expect(await command("convert", "--", "rumprun", "vax", "app")).toMatchObject({
        code: 2,
        out: "",
        error: expect.stringMatching(/^rumprun: vax: expected a platform/),
    });
});
