import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { readFacts, renderDomain, renderInterface } from "../../../backends/libvirt/devices";
import { readMark } from "../../../backends/libvirt/xml";
import { withMark } from "../../support/marks";
import { forward, least, mark, net, user, variants } from "./variants";

const run = promisify(execFile);
const golden = join(__dirname, "golden");
const file = (name: string): string => join(golden, `${name}.xml`);
const render = (name: string): string => `${renderDomain({ ...least, ...variants[name] }, mark)}\n`;

if (process.env.UPDATE_GOLDEN) {
    mkdirSync(golden, { recursive: true });
    for (const name of Object.keys(variants)) writeFileSync(file(name), render(name));
}

test.each(Object.keys(variants))("%s", (name) => {
    expect(render(name)).toBe(readFileSync(file(name), "utf8"));
});

test("every golden file has its variant, and no two are alike", () => {
    expect(readdirSync(golden).sort()).toEqual(
        Object.keys(variants)
            .map((name) => `${name}.xml`)
            .sort(),
    );
    expect(new Set(Object.keys(variants).map(render)).size).toBe(Object.keys(variants).length);
});

test("every golden file is valid by libvirt's schema", async () => {
    const names = Object.keys(variants);
    // A few at a time: each is two processes.
    const workers = Array.from({ length: 4 }, async () => {
        for (let name = names.pop(); name; name = names.pop()) {
            await expect(run("virt-xml-validate", [file(name), "domain"])).resolves.toMatchObject({
                stderr: expect.stringContaining("validates"),
            });
        }
    });
    await Promise.all(workers);
});

test("the schema refuses what it should: the check above can fail", async () => {
    const broken = renderDomain(least, mark).replace("<on_crash>destroy", "<on_crash>explode");
    const child = run("virt-xml-validate", ["-", "domain"]);
    child.child.stdin?.end(broken);
    await expect(child).rejects.toMatchObject({ code: 3 });
});

test("one interface alone, for a live update", () => {
    expect(renderInterface(net(1, { kind: "bridge", bridge: "br0" }))).toBe(
        '<interface type="bridge"><mac address="52:54:00:00:00:01"/><source bridge="br0"/><model type="virtio"/><rom enabled="no"/>' +
            '<address type="pci" domain="0x0000" bus="0x00" slot="0x04" function="0x0"/></interface>',
    );
});

test("a probe has no mark", () => {
    expect(renderDomain(least)).not.toContain("metadata");
});

test.each([
    [
        "a directory with a comma",
        { ...forward, address: "127.0.0.1,evil=1" },
        "hostfwd=tcp:127.0.0.1,,evil=1:18080-:80",
    ],
])("commas in QEMU's options are doubled: %s", (_name, one, expected) => {
    expect(renderDomain({ ...least, interfaces: [net(1, user({ forwards: [one] }))] })).toContain(expected);
});

test.each([
    '</cmdline><x a="1">',
    "a & b && c",
    "&amp; &lt; &#10; &apos;",
    "tab\there",
    "two\nlines",
    "]]>",
    "käse 😀",
    "'\"",
])("text of the user's comes out as it went in: %j", (text) => {
    const model = { ...least, boot: { kernel: `/k ${text}`, cmdline: `a ${text} b` }, qemuArgs: [text] };
    const once = renderDomain(model, { ...mark, urn: text.trim() });
    for (const xml of [once, withMark(once, { ...mark, urn: text.trim() })]) {
        expect(readFacts(xml)).toMatchObject({ kernel: `/k ${text}`, cmdline: `a ${text} b`, qemuArgs: [text] });
        expect(readMark(xml)?.urn).toBe(text.trim());
    }
});

test("a character that XML cannot carry is refused, not lost", () => {
    expect(() => renderDomain({ ...least, qemuArgs: ["bell \x07"] })).toThrow("U+0007");
});
