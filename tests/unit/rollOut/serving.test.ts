import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMark } from "../../../backends/libvirt/xml";
import { probeKernel } from "../../../guests";
import { MemoryFleet, urnAt } from "./memoryFleet";

/** What stands for the server of one member. */
class Service {
    status = 200;
    asked = 0;
    /** When it answers. */
    until: Promise<void> | undefined;
    readonly server: Server = createServer(async (_, response) => {
        this.asked++;
        await this.until;
        response.writeHead(this.status).end("page");
    });
    listen = () => new Promise<void>((resolve) => void this.server.listen(0, "127.0.0.1", resolve));
    port = () => (this.server.address() as AddressInfo).port;
    close(): void {
        this.server.closeAllConnections();
        this.server.close();
    }
}

let folder: string;
let kernel: string;
let services: Service[];
let fleet: MemoryFleet;
let readiness: object | undefined;
let hidden: string[];
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "puk-serving-"));
    kernel = join(folder, "kernel");
    await writeFile(kernel, probeKernel());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
    services = [new Service(), new Service(), new Service()];
    await Promise.all(services.map((one) => one.listen()));
    readiness = { http: { port: 80, path: "/" }, timeout: 60 };
    hidden = [];
    fleet = new MemoryFleet(kernel, (index) => ({
        interfaces: [
            {
                mac: `52:54:00:00:00:0${index}`,
                attach: { user: { forward: [{ host: services[index]!.port(), guest: 80, address: "127.0.0.1" }] } },
            },
        ],
        ...(readiness ? { readiness } : {}),
        ...(hidden.length > 0 ? { hidden } : {}),
    }));
});
afterEach(() => {
    for (const one of services) one.close();
});

async function create(): Promise<void> {
    await fleet.create("one");
    forget();
    fleet.run();
}
const forget = () => {
    for (const one of services) one.asked = 0;
};
const asked = () => services.map((one) => one.asked);
const change = async (index: number, text: string) => fleet.update(index, await fleet.check(index, text));

test("before a stop, each of the others is asked once", async () => {
    await create();
    await change(0, "two");
    expect(asked().slice(1)).toEqual([1, 1]);
    forget();
    await change(1, "two");
    expect([services[0]!.asked, services[2]!.asked]).toEqual([1, 1]);
});

test("a member that runs and does not serve makes a stop refuse, and the error names it", async () => {
    await create();
    services[2]!.status = 502;
    const before = await fleet.host.domains.get(fleet.uuid(0));
    const error: unknown = await change(0, "two").catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(
        /web-0 is not stopped, and stays as it is: web may have 1 out of service at once; web-2 runs and does not serve: 127\.0\.0\.1:\d+: HTTP 502 instead of 200–399/,
    );
    expect(String(Object(error).hint ?? error)).toContain(`pulumi up --target '${urnAt(2)}'`);
    expect(await fleet.host.domains.get(fleet.uuid(0))).toEqual(before);
    // A failure may be chance: it gets three attempts. The member itself is asked before it is refused.
    expect(asked()).toEqual([1, 1, 3]);
});

test("all are asked at the same time: each answers when the other was asked too", async () => {
    await create();
    const both = new Promise<void>((resolve) => {
        for (const one of [services[1]!, services[2]!])
            one.server.on("request", () => services[1]!.asked + services[2]!.asked === 2 && resolve());
    });
    services[1]!.until = services[2]!.until = both;
    await change(0, "two");
    expect(asked().slice(1)).toEqual([1, 1]);
});

test("a member that does not serve itself is stopped, whatever the others do", async () => {
    await create();
    for (const index of [1, 2]) services[index]!.status = 500;
    const before = await fleet.host.domains.get(fleet.uuid(1));
    const stopped = change(1, "two");
    // It serves again as soon as it was restarted.
    for (let turn = 0; turn < 12_000 && (await fleet.host.domains.get(fleet.uuid(1)))?.id === before?.id; turn++)
        await new Promise((resolve) => setTimeout(resolve, 5));
    services[1]!.status = 200;
    await stopped;
    expect((await fleet.host.domains.get(fleet.uuid(1)))?.id).not.toBe(before?.id);
});

test("a member that is off is not asked, and no other is then", async () => {
    await create();
    await fleet.host.domains.destroy(fleet.uuid(2));
    await expect(change(0, "two")).rejects.toThrow(/web-2 is off/);
    expect(asked().slice(1)).toEqual([0, 0]);
});

test.each<[string, object | undefined, string[]]>([
    ["no readiness", undefined, []],
    ["a readiness that is secret", { http: { port: 80, path: "/" }, timeout: 60 }, ["readiness.http.path"]],
])("%s: its state decides, and its mark tells nothing of it", async (_, declared, secret) => {
    readiness = declared;
    hidden = secret;
    await create();
    const mark = readMark((await fleet.host.domains.get(fleet.uuid(2)))!.liveXml!);
    expect(mark).not.toHaveProperty("probe");
    services[2]!.status = 502;
    await change(0, "two");
});

test("what runs is asked by the readiness with which it became ready", async () => {
    await create();
    services[1]!.status = services[2]!.status = 204;
    readiness = { http: { port: 80, path: "/", status: 200 }, timeout: 60 };
    await change(0, "two");
});
