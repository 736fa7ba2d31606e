import { renderDomain } from "../../../backends/libvirt/devices";
import type { Mark } from "../../../backends/libvirt/model";
import { MARK_NAMESPACE, MARK_VERSION, readMark, renderMark, withLockedDisplays } from "../../../backends/libvirt/xml";
import { withMark, withoutMark } from "../../support/marks";
import { mark as first, least } from "./variants";

const mark: Mark = { ...first, schemaVersion: MARK_VERSION };

const whole: Mark = {
    ...mark,
    phase: "updating",
    deadline: "2025-01-02T04:04:05.000Z",
    folder: "/srv/guests/u & v",
    files: [
        { name: "kernel-0123", role: "kernel", digest: "a".repeat(64) },
        { name: "disk & co", role: "persist", key: "db" },
    ],
    definition: "0123456789abcdef",
    shutdown: true,
    told: "rumprun/cfg",
    incarnation: "0badcafe",
    probe: {
        readiness: {
            http: {
                port: 80,
                path: "/a?b&<c>",
                status: [200, 204],
                body: "gr\u00fc\u00dfe\u0001\ud83d\n",
                host: "www",
            },
        },
        addresses: ["10.0.0.9", "fd00::9"],
    },
    reservations: [
        { network: "lan", mac: "52:54:00:00:00:01", address: "10.0.0.2" },
        { network: "lan", mac: "52:54:00:00:00:02", address: "10.0.0.3", foreign: true },
    ],
    records: [
        { network: "lan", address: "10.0.0.4", name: "web" },
        { network: "lan", address: "fd00::4", name: "web", foreign: true },
    ],
    disowned: [{ user: "bob", machine: "build-2", project: "fedcba9876543210" }],
    lastGood: renderDomain(least),
};

/** What virDomainSetMetadata makes of an element: libvirt names it by key and uri, and all inside. */
const stored = (element: string): string =>
    `<domain><metadata>${element
        .replace("<mark", `<unikernel:mark xmlns:unikernel="${MARK_NAMESPACE}"`)
        .replaceAll(
            /<(\/?)(mark|urn|creator|boot|probe|folder|file|lastGood|disowned|reservation|record)\b/g,
            "<$1unikernel:$2",
        )}</metadata></domain>`;

test.each<[string, Mark]>([
    ["the least", mark],
    ["all", whole],
    ["ready", { ...mark, phase: "ready" }],
])("a mark comes back as it was: %s", (_name, one) => {
    expect(readMark(renderDomain(least, one))).toEqual(one);
    expect(readMark(withMark(renderDomain(least), one))).toEqual(one);
    expect(readMark(stored(renderMark(one)))).toEqual(one);
});

test.each([
    "{",
    "[]",
    '{"addresses":[]}',
    '{"addresses":[1],"readiness":{"tcp":{"port":80}}}',
    '{"addresses":[],"readiness":{"tcp":{"port":0}}}',
])("a probe that cannot be read is none: %s", (json) => {
    const xml = renderDomain(least, whole).replace(/(<unikernel:probe>)[^<]*/, (_, tag: string) => tag + json);
    const { probe: _, ...rest } = whole;
    expect(readMark(xml)).toEqual(rest);
});

test("the element for virDomainSetMetadata has no namespace of its own: libvirt refuses one", () => {
    expect(renderMark(mark)).toMatch(/^<mark version="2" phase="creating" [^>]*><urn>/);
    expect(renderMark(whole)).not.toContain("xmlns:unikernel");
});

test("the last-good definition can be defined again, whatever it was", () => {
    const last = renderDomain({ ...least, boot: { kernel: "/k", cmdline: "a ]]> b &amp; <c>" } }, mark);
    expect(readMark(renderDomain(least, { ...whole, lastGood: last }))?.lastGood).toBe(last);
});

test("the mark goes, other metadata and the domain stay", () => {
    const other = '<other:thing xmlns:other="urn:other">x</other:thing>';
    const xml = renderDomain(least, mark).replace("</metadata>", `${other}</metadata>`);
    const without = withoutMark(xml);
    expect(readMark(without)).toBeUndefined();
    expect(without).toContain(other);
    expect(withMark(without, mark)).toContain(other);
    expect(withoutMark(renderDomain(least, mark))).toBe(renderDomain(least));
});

test("one mark, however often it is set", () => {
    const twice = withMark(withMark(renderDomain(least), mark), whole);
    expect(readMark(twice)).toEqual(whole);
    expect(withoutMark(twice)).toBe(renderDomain(least));
});

test.each([
    ["no metadata", renderDomain(least)],
    ["another's element of the same name", `<domain><metadata><mark version="1"/></metadata></domain>`],
    ["cut short", `<domain><metadata><u:mark xmlns:u="${MARK_NAMESPACE}" version="1"/></metadata></domain>`],
    ["a phase that there is not", renderDomain(least, mark).replace('phase="creating"', 'phase="dreaming"')],
])("no mark: %s", (_name, xml) => {
    expect(readMark(xml)).toBeUndefined();
});

test("a newer release's mark is refused, not guessed at", () => {
    const newer = renderDomain(least, mark).replace(
        /(<unikernel:mark [^>]*)version="\d+"/,
        `$1version="${MARK_VERSION + 1}"`,
    );
    expect(() => readMark(newer)).toThrow(
        expect.objectContaining({ code: "newer-state", hint: expect.stringContaining("install") }),
    );
});

test("a mark of version 1 gets its record from its definition's own paths", () => {
    const uuid = least.uuid,
        folder = `/srv/${uuid}`,
        digest = "0123456789abcdef";
    const disk = (name: string, target: string) => ({
        path: `${folder}/${name}`,
        format: "raw" as const,
        readonly: false,
        target,
        bus: "virtio" as const,
        slot: 4,
    });
    const model = {
        ...least,
        boot: { kernel: `${folder}/kernel-${digest}` },
        disks: [disk("db.persist.img", "vda"), disk("db.persist.nightly", "vdb")],
    };
    const old = renderDomain(model, { ...mark, schemaVersion: 1, files: [] }).replace(
        "</unikernel:mark>",
        `<unikernel:file name="web-${digest}.img"/></unikernel:mark>`,
    );
    expect(readMark(old)).toMatchObject({
        schemaVersion: 1,
        folder,
        files: [
            { name: `web-${digest}.img`, role: "image", key: "web" },
            { name: `kernel-${digest}`, role: "kernel" },
            { name: "db.persist.img", role: "persist", key: "db" },
        ],
    });
    expect(
        readMark(
            renderDomain({ ...model, boot: { kernel: "/boot/vmlinuz" }, disks: [] }, { ...mark, schemaVersion: 1 }),
        )?.folder,
    ).toBeUndefined();
});

test("a definition for the mark holds no display's password, and locks the display", () => {
    const domain = `<domain type="kvm"><devices><graphics type="vnc" port="-1" passwd="hush-01"/><graphics type="spice" passwd="hush&amp;02"/><graphics type="sdl"/></devices></domain>`;
    const locked = withLockedDisplays(domain);
    expect(locked).not.toMatch(/hush/);
    expect(locked.match(/passwd=""/g)).toHaveLength(2);
    expect(withLockedDisplays(renderDomain(least))).toBe(renderDomain(least));
});
