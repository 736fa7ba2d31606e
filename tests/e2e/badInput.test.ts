import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { withStack } from "../support/engine";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { outside } from "../support/outside";
import { tinyDomain } from "../support/tinyDomain";
import { declareGuests, Guests, READY, testKernel } from "./guests";

jest.setTimeout(900_000);

const NETWORK = "lan";
const MAC = "52:54:00:77:00:01";
const PORT = 8099;
const user = (...ports: number[]) => ({
    attach: { user: { forward: ports.map((port) => ({ host: port, guest: 80 })) } },
});

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.67.0", isolated: true });
});
afterAll(() => host.close());

/** A guest that is wrong in each way that a preview can see. */
const WRONG = {
    memroy: 64,
    readiness: { ...READY, retries: 3 },
    kernel: "/nowhere/nginx",
    name: "a b/c",
    vcpus: 0,
    interfaces: [user(8080), user(8080)],
    blocks: ["a", "b"].map((folder) => ({
        path: `/nowhere/${folder}/disk.img`,
        mount: `/${folder}`,
        access: "persist",
    })),
};
/** Two guests that cannot both be. */
const SAME = { name: "same", interfaces: [{ ...user(PORT), mac: MAC }] };

/** Every problem at once, each by its property. */
function expectWrong(text: string): void {
    for (const [property, reason] of [
        ["memroy", "unknown property; this resource takes .*memory"],
        ["readiness.retries", "unknown property"],
        ["kernel", "there is no such file"],
        ["name", "expected 1–63 of A-Z a-z 0-9 _ \\. -"],
        ["vcpus", "expected a whole number of processors from 1"],
        ["interfaces[1].attach.user.forward[0].host", "tcp port 8080 of 127.0.0.1 is already interfaces\\[0\\]"],
        ["blocks[0].path", "cannot read /nowhere/a/disk.img"],
        [
            "blocks[0].name",
            'blocks\\[0\\] and blocks\\[1\\] are called "disk\\.img"[^]*blocks\\[1\\]: name: "disk\\.img-2"',
        ],
    ])
        expect(text).toMatch(new RegExp(`resource 'web': property ${quoted(property!)} .*has a problem: .*${reason}`));
    expect(text).not.toMatch(/\n\s+at /);
}

/** Each of what both want, by the name of the other. */
function expectSame(text: string): void {
    const [, refused] = /resource '(one|two)': property name/.exec(text) ?? [];
    const other = refused === "one" ? "two" : "one";
    for (const [property, what] of [
        ["name", "the name same"],
        ["interfaces[0].mac", `the MAC address ${MAC}`],
        ["interfaces[0].attach.user.forward[0].host", `tcp port ${PORT} of 127.0.0.1`],
    ])
        expect(text).toMatch(
            new RegExp(
                `resource '${refused}': property ${quoted(property!)} .*${quoted(what!)} is already used by "${other}" \\(${quoted(property!)}\\)`,
            ),
        );
}

test("preview names every problem at once; what only the host can know fails by its property, leaves nothing behind and touches no other guest", async () => {
    const file = join(host.folder, "neighbour.xml");
    await writeFile(
        file,
        tinyDomain({
            name: "neighbour",
            devices: `<interface type='network'><mac address='${MAC}'/><source network='${NETWORK}'/></interface>`,
        }),
    );
    await host.virsh("define", file);
    const neighbour = await host.virsh("dumpxml", "neighbour");
    const holder = spawn(
        host.enter[0]!,
        [
            ...host.enter.slice(1),
            process.execPath,
            "-e",
            `require("net").createServer().listen(${PORT}, "127.0.0.1", () => console.log("listening"))`,
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
    );
    await once(holder.stdout, "data");
    // Two people: state, folder and all are their own, project and stack have the same name.
    await Guests.with(host, "same", async (alice) => {
        await alice.declare({ shared: { readiness: READY } });
        await alice.stack.up();
        const { shared } = await alice.outputs();
        const before = { xml: await host.virsh("dumpxml", shared!.name), seen: await outside(host, NETWORK) };

        await Guests.with(host, "same", async (bob) => {
            await bob.declare({ web: WRONG });
            expectWrong((await bob.stack.preview({ fails: true })).text);
            await bob.declare({ one: SAME, two: SAME });
            expectSame((await bob.stack.preview({ fails: true })).text);
            await bob.declare({
                "web/1 é": { readiness: READY },
                shared: { readiness: READY },
                port: { interfaces: [user(8098, PORT)] },
                mac: { interfaces: [{ attach: { network: NETWORK }, mac: MAC, ipv4: { reserve: "10.67.0.9" } }] },
                net: { interfaces: [{ attach: { network: "nowhere" } }] },
                name: { name: "neighbour" },
            });
            const { text } = await bob.stack.up({ fails: true, args: ["--continue-on-error"] });
            for (const [name, error] of [
                ["shared", /made by \S+@\S+ for the same project, stack and name/],
                [
                    "port",
                    /interfaces\[0\]\.attach\.user\.forward\[1\]\.host: tcp port 8099 of 127\.0\.0\.1 cannot be listened on/,
                ],
                ["mac", /interfaces\[0\]\.mac: domain neighbour has the MAC address 52:54:00:77:00:01/],
                ["net", /interfaces\[0\]\.attach\.network: there is no network nowhere/],
                ["name", /name: domain neighbour \(\S+\) has the name that this guest would get/],
            ] as const)
                expect(problemOf(text, name)).toMatch(error);
            expect(problemOf(text, "web/1 é")).toBe("");

            const state = (await bob.stack.exportState()).resources.filter(({ type }) => type.endsWith(":Unikernel"));
            expect(state.map(({ urn }) => urn.split("::").at(-1))).toEqual(["web/1 é"]);
            const { domains, processes, files, reservations } = await outside(host, NETWORK);
            const name = String(state[0]!.outputs!.name);
            expect(name).toMatch(/^web-1--[0-9a-f]{7}$/);
            expect({ domains, processes, reservations }).toEqual({
                domains: { ...before.seen.domains, [name]: "running" },
                processes: [shared!.name, name].sort(),
                reservations: [],
            });
            expect(Object.keys(files).sort()).toEqual([shared!.uuid, state[0]!.id].sort());
        });
        expect(await outside(host, NETWORK)).toEqual(before.seen);
        expect(await host.virsh("dumpxml", shared!.name)).toBe(before.xml);
        expect(await host.virsh("dumpxml", "neighbour")).toBe(neighbour);
    });
    holder.kill();
});

// A full disk under a guest's files: tests/integration/host-files-full.test.ts.
test("a full disk under images, and a folder that may not be written to: said with what to do, nothing half done", async () => {
    // Small and read-only file systems that only the daemon and this run of the engine see.
    const [guestsFolder, cache] = [join(host.folder, "small-guests"), join(host.folder, "small-cache")];
    for (const [folder, options] of [
        [guestsFolder, "ro"],
        [cache, "size=2m"],
    ] as const) {
        await mkdir(folder);
        await host.inside("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder);
    }
    const disk = join(host.folder, "disk");
    await writeFile(disk, Buffer.alloc(4 << 20, 1));
    const daemon = (await readFile(join(host.folder, "libvirtd.pid"), "utf8")).trim();
    const enter = [
        "sh",
        "-c",
        `exec nsenter --mount=/proc/${daemon}/ns/mnt --net=/run/netns/${host.netns} env -C "$(pwd -P)" "$@"`,
        "sh",
    ];
    const env = { PULUMI_UNIKERNEL_DIR: guestsFolder, XDG_CACHE_HOME: cache };
    const config = { connection: host.uri, kernel: await testKernel() };
    const before = await outside(host);
    await withStack(
        "tests/e2e/programs/guests",
        "full",
        async (stack) => {
            await declareGuests(
                stack,
                { web: {}, reader: { image: "data" } },
                { data: { source: disk, format: "raw" } },
            );
            const { text } = await stack.up({ fails: true, args: ["--continue-on-error"] });
            expect(problemOf(text, "data")).toMatch(
                /no space left while writing [^]*hint: \S+\/small-cache\/\S+ has \d+ bytes free and about 4194304 are needed; make room there/,
            );
            expect(problemOf(text, "reader")).toMatch(/blocks\[0\] .*the data image data was not made/);
            expect(problemOf(text, "web")).toMatch(
                /write of \S+: EROFS[^]*hint: give this user the folder: sudo install -d -m 0711 -o "\$USER" \S+\/small-guests/,
            );
            // Neither a guest's folder nor a part of an image.
            expect(
                await host.inside("find", guestsFolder, join(cache, "pulumi-unikernel", "images"), "-mindepth", "1"),
            ).toBe("");
            expect(
                (await stack.exportState()).resources.filter(
                    ({ custom, type }) => custom && !type.startsWith("pulumi:"),
                ),
            ).toEqual([]);
        },
        { enter, env, config },
    );
    expect(await outside(host)).toEqual(before);
});

/** What the engine's closing list says of one resource. */
function problemOf(text: string, name: string): string {
    const [, list = ""] = text.split("Diagnostics:\n");
    return new RegExp(`\\(${quoted(name)}\\):\n((?: {4,}.*\n)*)`).exec(list)?.[1] ?? "";
}

const quoted = (text: string): string => text.replaceAll(/[[\].()/]/g, "\\$&");
