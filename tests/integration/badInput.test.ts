import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { backend } from "../../backends";
import type { Host } from "../../backends/libvirt";
import { unikernelHandlers } from "../../core/unikernel";
import { UnikernelError } from "../../model";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { listenOn } from "../support/listener";
import { outside } from "../support/outside";
import { alice } from "../support/plans";

jest.setTimeout(900_000);

/** How many failed starts libvirt gives no reason for. */
let unexplained = 0;

/** What libvirt says when QEMU ends between making its monitor's socket and libvirt's connecting to it. */
function losing(host: Host): Host {
    const start: Host["domains"]["start"] = async (uuid, options) => {
        if (unexplained-- > 0)
            throw new UnikernelError(
                "program-failed",
                `start of domain ${uuid}: failed to connect to monitor socket: Connection refused`,
            );
        return host.domains.start(uuid, options);
    };
    return { ...host, domains: { ...host.domains, start } };
}

let its: Lifecycle;
let kernels: { testKernel: string; xenKernel: string };
beforeAll(async () => {
    kernels = await (await import("../guests/build.mjs")).buildTestKernels();
    its = await openLifecycle({ wrap: losing });
});
afterAll(() => its.close());

const said: string[] = [];
const handlers = unikernelHandlers({ backend, creator: alice, log: (message) => said.push(message) });
const urn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:Unikernel::web";
const check = (args: object) =>
    handlers.check(
        {},
        { resourceUrn: urn, platform: "kvm", connection: its.host.uri, kernel: kernels.testKernel, ...args },
    );
const refusal = async (args: object) =>
    (await check(args)).failures.map(({ property, reason }) => `${property}: ${reason}`);

test("good input is not refused", async () => {
    expect(await refusal({ args: ["-c", "/data/web.conf"], env: { NAME: "it's" }, memory: 16 })).toEqual([]);
    expect((await check({})).inputs).toMatchObject({ host: its.host.uuid, guest: "rumprun" });
});

test.each<[string, () => object, RegExp]>([
    [
        "an unknown property",
        () => ({ memroy: 64 }),
        /^memroy: unknown property; this resource takes platform, connection, hosts, sshTarget, name, description, kernel/,
    ],
    [
        "a kernel that is not there",
        () => ({ kernel: "/nowhere/nginx" }),
        /^kernel: .*\/nowhere\/nginx: there is no such file/,
    ],
    [
        "a folder for a kernel",
        () => ({ kernel: its.host.folder }),
        /^kernel: .*found a directory; expected a regular file/,
    ],
    [
        "a kernel for another platform",
        () => ({ kernel: kernels.xenKernel }),
        /^kernel: .*xenKernel\.elf is built for xen, platform is kvm/,
    ],
    [
        "a configuration over the guest's limit",
        () => ({ env: { LONG: "x".repeat(4096) } }),
        /^: the guest's configuration .* is 41\d\d bytes; rumprun takes at most 409\d/,
    ],
    ["a single quote", () => ({ args: ["it's"] }), /^args\[0\]: rumprun's command line cannot carry a single quote/],
    [
        "a double quote",
        () => ({ env: { SAYS: '"' } }),
        /^env\.SAYS: rumprun's configuration cannot carry a double quote or a backslash/,
    ],
    [
        "a line break",
        () => ({ args: ["a", "b\nc"] }),
        /^args\[1\]: rumprun's configuration cannot carry control characters/,
    ],
    ["a name with a blank", () => ({ name: "my web" }), /^name: expected 1–63 of A-Z a-z 0-9 _ \. -/],
    ["a name with a slash", () => ({ name: "../web" }), /^name: expected/],
    ["a name that is a folder", () => ({ name: ".." }), /^name: expected a name that is not a folder/],
    ["less memory than the guest boots with", () => ({ memory: 4 }), /^memory: .*less than 8$/],
])("check refuses %s", async (_what, args, reason) => {
    const failures = await refusal(args());
    expect(failures).toEqual([expect.stringMatching(reason)]);
});

test("check refuses a kernel that this user may not read", async () => {
    const kernel = join(its.host.folder, "unreadable.elf");
    await writeFile(kernel, "");
    await chmod(kernel, 0o600);
    // The host is asked once for all: not as somebody who may not ask it.
    await check({});
    process.seteuid!(65534);
    try {
        expect(await refusal({ kernel })).toEqual([
            expect.stringMatching(/^kernel: .*unreadable\.elf cannot be read\n.*hint: chmod a\+r/),
        ]);
    } finally {
        process.seteuid!(0);
    }
});

test("nothing of what was refused came to the host", async () => {
    expect(await outside(its.host)).toEqual({ domains: {}, processes: [], files: {}, reservations: [] });
});

test("a start that fails without a reason is tried again for the reason", async () => {
    const listener = await listenOn(its.host, 8070);
    const guest = its.guest({
        interfaces: [
            {
                mac: "52:54:00:66:00:02",
                attach: { user: { forward: [{ host: 8070, guest: 80, address: "127.0.0.1", protocol: "tcp" }] } },
            },
        ],
    });
    unexplained = 1;
    await expect(its.create(guest)).rejects.toMatchObject({
        code: "in-use",
        property: "interfaces[0].attach.user.forward[0].host",
    });
    unexplained = 3;
    await expect(its.create(guest)).rejects.toThrow(/failed to connect to monitor socket/);
    listener.stop();
    expect(unexplained).toBe(0);
    await its.expectNothing({ ...guest, interfaces: [] });
});
