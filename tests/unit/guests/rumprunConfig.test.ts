import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform, UnikernelSpec } from "../../../model";
import { abi } from "../../support/abis";
import { block, nic, spec } from "./fixtures";

const golden = join(__dirname, "golden/rumprun");
const rumprun = abi("rumprun");
const NGINX = ["-c", "/etc/nginx/conf/nginx.conf"];
const STATIC6 = { address: "fd00::2/64", gateway: "fd00::1" };

/** One row for each option of the launch tool, then what it had no option for. */
const cases: Record<string, Partial<UnikernelSpec>> = {
    args: { args: NGINX },
    env: { env: { GREETING: "hello world", A: "b" } },
    disk: { blocks: [block("/etc/nginx")] },
    disks: { blocks: [block(), block("/data"), block("/srv/site")] },
    dhcp: { interfaces: [nic({ attach: { tap: "tap0" } })] },
    static: { interfaces: [nic({ ipv4: { address: "10.0.0.2/24" } })] },
    "static-gateway": { interfaces: [nic({ ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" } })] },
    "both-families": { interfaces: [nic({ ipv6: STATIC6 })] },
    driver: { interfaces: [nic({ driver: "wm" })] },
    hostname: { hostname: "web" },
    "seed-kvm": { args: NGINX, blocks: [block("/etc")], interfaces: [nic()] },
    "seed-xen": { platform: "xen", args: NGINX, blocks: [block("/etc")], interfaces: [nic()] },
    "unmounted-xen": { platform: "xen", blocks: [block("/data"), block()] },
    "seed-iso": {
        platform: "iso",
        args: NGINX,
        blocks: [block("/etc", { name: "nginxdata.iso" })],
        interfaces: [nic()],
    },
    quoting: { args: ["-g", "daemon off;", "", "a,b", "{}"] },
    "two-interfaces": {
        interfaces: [
            nic({ ipv4: { reserve: "192.168.122.10" } }),
            nic({ driver: "wm" }),
            nic({ ipv4: undefined }),
            nic({ ipv4: { address: "10.0.0.2/24" } }),
        ],
    },
    "nested-mounts": { blocks: [block("/data/site"), block("/data")] },
    "two-families-xen": { platform: "xen", interfaces: [nic({ ipv6: STATIC6 })] },
};
const encode = (changes: Partial<UnikernelSpec>) => {
    const one = spec(changes);
    return { one, encoded: rumprun.encode(one, { platform: one.platform }) };
};
const bytesOf = (changes: Partial<UnikernelSpec>) => {
    const [part] = encode(changes).encoded.initrd;
    return part && "bytes" in part ? Buffer.from(part.bytes).toString() : undefined;
};

test.each(Object.entries(cases))("%s is as in its golden file", (name, changes) => {
    expect(encode(changes).encoded.guestConfig).toBe(readFileSync(join(golden, `${name}.json`), "utf8"));
});

test("every golden file has its case", () => {
    expect([...new Set(readdirSync(golden).map((name) => name.replace(/\.\w+$/, "")))].sort()).toEqual(
        Object.keys(cases).sort(),
    );
});

const compared = Object.keys(cases).filter((name) => existsSync(join(golden, `${name}.tool`)));

test.each(compared)("%s says what the launch tool says", (name) => {
    const [ours, tool] = ["json", "tool"].map((suffix) =>
        meaning(readFileSync(join(golden, `${name}.${suffix}`), "utf8")),
    );
    expect(ours).toEqual(tool);
});

test("the configuration goes where the platform's guests look for it", () => {
    const expected = readFileSync(join(golden, "args.json"), "utf8");
    const at = (platform: Platform) => encode({ platform, args: NGINX }).encoded;
    expect(bytesOf({ args: NGINX })).toBe(expected);
    expect(at("kvm")).toMatchObject({ cmdline: "", secret: false, xenstore: undefined });
    expect(at("iso")).toMatchObject({ cmdline: "", initrd: [{ bytes: Buffer.from(expected) }] });
    expect(at("xen")).toMatchObject({
        cmdline: "",
        initrd: [],
        xenstore: { key: "rumprun/cfg", value: expect.stringContaining("/kern") },
    });
});

test("on a medium without data images the configuration is the first module", () => {
    expect(encode({ platform: "iso", args: NGINX }).encoded.medium).toEqual({
        protocol: "multiboot",
        blocks: [],
        files: {},
    });
});

test("on a medium with data images the guest reads its configuration beside them", () => {
    const { encoded } = encode({
        ...cases["seed-iso"],
        blocks: [block("/etc", { name: "nginxdata.iso" }), block(undefined, { name: "spare" })],
        secrets: ["args"],
    });
    expect(encoded).toMatchObject({ cmdline: "_RUMPRUN_ROOTFSCFG=/json.cfg", initrd: [], secret: true });
    expect(encoded.medium).toEqual({
        protocol: "multiboot",
        blocks: [
            { where: "medium", path: "/images/nginxdata.iso" },
            { where: "medium", path: "/images/spare" },
        ],
        files: { "/json.cfg": readFileSync(join(golden, "seed-iso.json"), "utf8") },
    });
});

test("secrets are told to the guest and to nobody else", () => {
    const changes = {
        args: ["-u", "root", "-p", "pw one"],
        env: { TOKEN: "t0k", PLAIN: "p" },
        secrets: ["env.TOKEN", "args[3]"],
    };
    expect(bytesOf(changes)).toContain('"cmdline": "nginx -u root -p \'pw one\'"');
    expect(bytesOf(changes)).toContain('"env": "TOKEN=t0k"');
    const { encoded } = encode(changes);
    expect(encoded.secret).toBe(true);
    expect(encoded.guestConfig).toContain(
        '"env": "PLAIN=p",\n"env": "TOKEN=[secret]",\n"cmdline": "nginx -u root -p [secret]"',
    );
    expect(encode({ ...changes, secrets: ["env"] }).encoded.guestConfig).not.toMatch(/t0k|PLAIN=p/);
    expect(encode({ ...changes, secrets: [] }).encoded.secret).toBe(false);
});

/** The values of each key in order; argv[0] by its base name, for the tool passes the path that it was given. */
function meaning(text: string): Record<string, unknown[]> {
    const tokens = text.replace(/^#.*\n/, "").match(/"[^"]*"|[{}:]/g) ?? [];
    const result: Record<string, unknown[]> = {};
    for (let at = 1; at < tokens.length - 1; at++) {
        const key = unquoted(tokens[at]);
        at += 2;
        let value: unknown = unquoted(tokens[at]);
        if (tokens[at] === "{") {
            const fields: string[][] = [];
            for (at++; tokens[at] !== "}"; at += 3) fields.push([unquoted(tokens[at]), unquoted(tokens[at + 2])]);
            value = fields;
        }
        (result[key] ??= []).push(key === "cmdline" ? String(value).replace(/^\S*\//, "") : value);
    }
    // The tool mounts kernfs last, we first: neither is below the other.
    result.blk?.sort((a, b) => String(a).localeCompare(String(b)));
    return result;
}

function unquoted(token = ""): string {
    return token.replace(/^"|"$/g, "");
}
