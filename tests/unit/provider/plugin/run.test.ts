import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { References } from "../../../../provider/plugin/arguments/references";
import { CreatedInRun } from "../../../../provider/plugin/run/createdInRun";
import { Run } from "../../../../provider/plugin/run/run";
import { ownCache } from "../../../support/ownCache";
import { urnOf } from "./plugin";

const cache = ownCache();

const runs = join(cache, "pulumi-unikernel", "runs");
const files = () =>
    readdirSync(runs, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name));
const [image, card] = [urnOf("BlockImage", "data"), urnOf("NetworkInterface", "eth")];
/** Two processes of one run, and one of another. */
function processes() {
    const [here, there] = [new Run("127.0.0.1:1000"), new Run("127.0.0.1:2000")];
    return { one: new References(() => here), two: new References(() => here), other: new References(() => there) };
}

test("what one provider has checked, the others of its run know, and nobody else", () => {
    const { one, two, other } = processes();
    one.note("blockImage", image, { digest: "d1", format: "iso9660", source: "./secret-place", manifest: {} }, []);
    one.note("networkInterface", card, { mac: "52:54:00:00:00:01", attach: { network: "lan" }, urn: card }, []);
    one.note("unikernel", urnOf("Unikernel", "web"), { env: { A: "b" } }, []);
    expect(two.block(image)).toEqual({ name: "data", digest: "d1", format: "iso9660" });
    expect(two.nic(card)).toEqual({ mac: "52:54:00:00:00:01", attach: { network: "lan" } });
    expect([other.block(image), other.nic(card), new References().block(image)]).toEqual([
        undefined,
        undefined,
        undefined,
    ]);
    const written = files();
    expect(written).toHaveLength(2);
    for (const file of written) {
        expect(statSync(file).mode & 0o777).toBe(0o600);
        expect(readFileSync(file, "utf8")).not.toContain("secret-place");
    }
});

test.each<[string, (string | number)[][], boolean]>([
    ["a secret part", [["attach", "network"]], false],
    ["a secret address", [["ipv4"]], false],
    ["a secret elsewhere", [["labels"]], true],
])("%s stays within its process, or is none of it", (_what, secrets, shared) => {
    const { one, two } = processes();
    const urn = urnOf("NetworkInterface", `eth-${_what.replaceAll(" ", "-")}`);
    one.note("networkInterface", urn, { mac: "52:54:00:00:00:02", attach: { network: "hidden" } }, secrets);
    expect(one.nic(urn)).toMatchObject({ attach: { network: "hidden" } });
    expect(two.nic(urn) !== undefined).toBe(shared);
});

test("runs that nobody ended go after a day, with the first word of another run", () => {
    const [old, young] = ["old", "young"].map((name) => join(runs, name)) as [string, string];
    for (const folder of [old, young]) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "x"), "{}");
    }
    utimesSync(old, new Date(), new Date(Date.now() - 25 * 3600_000));
    new Run("127.0.0.1:3000").write("urn", {});
    expect(readdirSync(runs)).toContain("young");
    expect(readdirSync(runs)).not.toContain("old");
});

test("a cache that cannot be written keeps providers apart, and nothing else", () => {
    const file = join(cache, "file");
    writeFileSync(file, "");
    process.env.XDG_CACHE_HOME = file;
    try {
        const { one, two } = processes();
        one.note("blockImage", image, { digest: "d1", format: "raw" }, []);
        expect([one.block(image)?.digest, two.block(image)]).toEqual(["d1", undefined]);
    } finally {
        process.env.XDG_CACHE_HOME = cache;
    }
});

const web = urnOf("Unikernel", "web");
const guest = { uuid: "u1", host: "h1", name: "web" };
test.each<[string, object, boolean]>([
    ["the guest that was just created", guest, true],
    ["the guest on the host before", { ...guest, host: "h0" }, false],
    ["a guest of another identity", { ...guest, uuid: "u0" }, false],
    ["a medium at another path", { ...guest, output: "web.iso" }, false],
])("a delete of %s is known for what it is, by another provider too", (_what, old, same) => {
    const run = new Run("127.0.0.1:4000");
    const [one, two] = [new CreatedInRun(() => run), new CreatedInRun(() => run)];
    one.note("unikernel", web, guest);
    expect([one, two].map((made) => made.isSame("unikernel", web, { ...old }))).toEqual([same, same]);
    expect(two.isSame("unikernel", urnOf("Unikernel", "other"), { ...old })).toBe(false);
});
