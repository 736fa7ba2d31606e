import type { SaxesParser } from "saxes";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { testPlan } from "../support/plans";

/** Definitions that this process wrote, and documents about domains that it read, in their order. */
const written: string[] = [];
const read: string[] = [];
type Render = typeof import("../../backends/libvirt/devices/render");

jest.mock("../../backends/libvirt/devices/render", () => {
    const { renderDomain } = jest.requireActual<Render>("../../backends/libvirt/devices/render");
    const noting: Render["renderDomain"] = (...args) => {
        const xml = renderDomain(...args);
        written.push(xml);
        return xml;
    };
    return { renderDomain: noting };
});
jest.mock("saxes", () => {
    const actual = jest.requireActual<{ SaxesParser: typeof SaxesParser }>("saxes");
    return {
        SaxesParser: class extends actual.SaxesParser {
            override write(chunk: string | object | null): this {
                if (typeof chunk === "string" && chunk.startsWith("<domain ")) read.push(chunk);
                return super.write(chunk);
            }
        },
    };
});

/** Documents that were read to be changed. */
const changed: string[] = [];
jest.mock("xmlbuilder2", () => {
    const actual = jest.requireActual<typeof import("xmlbuilder2")>("xmlbuilder2");
    const create = (...args: unknown[]): unknown => {
        if (typeof args[0] === "string") changed.push(args[0]);
        return Reflect.apply(actual.create, undefined, args);
    };
    return { ...actual, create };
});

let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
});
afterAll(() => its.close());
beforeEach(() => {
    for (const noted of [written, read, changed]) noted.splice(0);
});

const isMarked = (xml: string): boolean => xml.includes("urn:pulumi-unikernel:domain");

test.each<[string, GuestOptions]>([
    ["with readiness", {}],
    ["without readiness", { readiness: undefined }],
    ["of a guest that is off", { state: "stopped" }],
])(
    "a create %s writes its definition once with and once without its mark, and reads each document once",
    async (_what, options) => {
        await its.create(its.guest(options));
        expect(written.map(isMarked)).toEqual([false, true]);
        // Its own without the mark, and what libvirt made of the other.
        expect(read.map(isMarked)).toEqual([false, true]);
        expect(read[0]).toBe(written[0]);
    },
    60_000,
);

test("a refresh of an unchanged guest, and an update that changes nothing, read each document of libvirt once", async () => {
    const guest = its.guest();
    await its.create(guest);
    written.splice(0);
    read.splice(0);
    await its.observe(guest);
    const { spec } = await testPlan(guest);
    const [inactive, live] = read;
    expect([written.length, read.length]).toEqual([0, 2]);
    expect([inactive, live]).toEqual([
        expect.stringContaining(`<uuid>${spec.uuid}</uuid>`),
        expect.stringMatching(/^<domain type='qemu' id=/),
    ]);
    await its.update(guest, guest);
    await its.observe(guest);
    expect([written.length, read.length]).toEqual([0, 2]);
}, 900_000);

test("an update reads a former definition to change it only where others added to it", async () => {
    const guest = its.guest();
    await its.create(guest);
    const next = { ...guest, args: ["next"] };
    await its.update(guest, next);
    expect(changed).toEqual([]);
    await its.host.virsh("desc", guest.name, "of another", "--config");
    await its.update(next, guest);
    expect(changed).toHaveLength(2);
    expect(await its.host.virsh("desc", guest.name)).toBe("of another");
}, 900_000);
