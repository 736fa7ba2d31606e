import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withNeeded } from "../../../backends/iso/medium/modules";
import { addSum, removeSum } from "../../../backends/iso/sums";
import { readVerdict, writeVerdict } from "../../../backends/kvm/verdicts";
import type { HostInfo } from "../../../backends/libvirt/host";
import { parseVersion } from "../../../cli/doctor/finding";
import { bridgeAllowed, readAccessList } from "../../../cli/doctor/probe/network";
import { formatOf, identify, loadManifest, needsAnotherFile, saveManifest } from "../../../images";
import { addUser, isBuiltByUs, recordBuilt, usersOf } from "../../../localFiles";
import { HashCache } from "../../../localFiles/hashCache";
import { answer, survives } from "./survives";

const folder = mkdtempSync(join(tmpdir(), "puk-fuzz-files-"));
const before = process.env.XDG_CACHE_HOME;
process.env.XDG_CACHE_HOME = join(folder, "cache");
afterAll(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
    rmSync(folder, { recursive: true });
});

const disk = join(folder, "disk");
function made(program: string, ...args: string[]): Buffer {
    execFileSync(program, [...args, disk], {
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
        stdio: "ignore",
    });
    return readFileSync(disk);
}
function images(): Buffer[] {
    const source = join(folder, "source");
    mkdirSync(source);
    writeFileSync(join(source, "file"), "content");
    execFileSync("xorriso", ["-as", "mkisofs", "-o", disk, source], { stdio: "ignore" });
    const iso = readFileSync(disk).subarray(0, 40_000);
    rmSync(disk);
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", disk, "1M"]);
    const qcow2 = readFileSync(disk).subarray(0, 4096);
    rmSync(disk);
    writeFileSync(disk, Buffer.alloc(2 ** 20));
    return [iso, qcow2, made("mke2fs", "-q", "-t", "ext4").subarray(0, 4096), Buffer.alloc(512, "raw")];
}

survives("images: qcow2, iso9660, ext", {
    samples: images(),
    tokens: ["QFI\xfb", "CD001", "\x53\xef"],
    parse: async (bytes) => {
        writeFileSync(disk, bytes);
        await formatOf(disk);
        await needsAnotherFile(disk);
        await identify(disk, { format: "qcow2" }).catch(answer);
    },
});

const image = join(folder, "web.iso");
survives("SHA256SUMS of others", {
    samples: [`${"0".repeat(64)}  other.tar\n\\${"1".repeat(64)}  back\\\\slash\n`, `${"2".repeat(64)} *web.iso\n`],
    tokens: ["0".repeat(64), "  ", " *", "\\", "web.iso"],
    share: 3,
    parse: async (bytes) => {
        writeFileSync(join(folder, "SHA256SUMS"), bytes);
        await addSum(image, "3".repeat(64), false);
        expect(readFileSync(join(folder, "SHA256SUMS"), "utf8")).toContain(`${"3".repeat(64)}  web.iso\n`);
        await removeSum(image);
    },
});

survives("GRUB's list of modules", {
    samples: ["normal: echo boot\nboot:\necho: normal\n", "a: b c d\nb: a\n"],
    tokens: [": ", "a", "\n", "normal: normal\n"],
    limit: 16_384,
    parse: async (bytes) => {
        writeFileSync(join(folder, "moddep.lst"), bytes);
        expect(await withNeeded(folder, ["normal"])).toContain("normal");
    },
});

survives("the bridge helper's access list, and a program's version", {
    samples: ["allow virbr0\ndeny all\n# include x\n", "QEMU emulator version 7.2.9 (Debian 1:7.2+dfsg)\n"],
    tokens: ["include ", `include ${join(folder, "bridge.conf")}\n`, "allow ", "deny all\n", ".", "1", "1.1"],
    parse: async (bytes) => {
        writeFileSync(join(folder, "bridge.conf"), bytes);
        bridgeAllowed(await readAccessList(join(folder, "bridge.conf")), "virbr0");
        parseVersion(bytes.toString("utf8"));
    },
});

/** Caches of ours, which a full disk or a killed process may leave in any state: what is damaged is not known. */
describe("caches", () => {
    const info: HostInfo = {
        uuid: "u",
        hostname: "h",
        session: false,
        local: true,
        libvirtVersion: 9_000_000,
        hypervisorVersion: 7_002_000,
        capabilities: "",
    };
    const tokens = ["null", "{}", "[]", '"__proto__":', "1e999", '"', "{", "["];
    /** The one file of a room of the cache, however it is called. */
    const only = (room: string): string => {
        const at = join(folder, "cache/pulumi-unikernel", room);
        const entries = readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        return join(entries[0]!.parentPath, entries[0]!.name);
    };
    const sample = { digest: "a".repeat(64), entry: `{"/x":"${"0".repeat(64)} 1.2.3.4.5"}`, path: image };

    const rooms: [room: string, begin: () => Promise<void>, read: () => Promise<unknown>, text: string][] = [
        [
            "accelerators",
            () => writeVerdict(info, { booted: false, because: "it hung" }),
            () => readVerdict(info),
            `{"booted":false,"because":"it hung","at":${Date.now()}}`,
        ],
        [
            "manifests",
            () => saveManifest(sample.digest, { "/a": "0123" }),
            () => loadManifest(sample.digest),
            '{"/a":"0123"}',
        ],
        [
            "users",
            () => addUser(image, { id: "id", urn: "urn" }),
            () => usersOf(image),
            '{"id":"id","urn":"urn","path":"/x"}',
        ],
        [
            "built",
            () => recordBuilt({ path: image, digest: "d", sha256: "s", size: 1, mtimeNs: "1", ino: "1" }),
            () => isBuiltByUs(image),
            `{"path":${JSON.stringify(image)},"digest":"d","sha256":"s","size":1,"mtimeNs":"1","ino":"1"}`,
        ],
        [
            "hashes",
            () => HashCache.during("/tree", (cache) => cache.set("/x", "1.2.3.4.5", "0".repeat(64), 1n)),
            () => HashCache.during("/tree", async (cache) => cache.get("/x", "1.2.3.4.5")),
            sample.entry,
        ],
    ];
    describe.each(rooms)("%s", (room, begin, read, text) => {
        let file: string;
        beforeAll(async () => {
            await begin();
            file = only(room);
        });
        survives("of any content", {
            samples: [text],
            tokens,
            share: rooms.length,
            parse: async (bytes) => {
                writeFileSync(file, bytes);
                await read();
            },
        });
    });
});
