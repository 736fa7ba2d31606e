import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MediumContents, mediumOf, mediumProblems } from "../../../backends/iso/medium";
import { type MediumPlanOptions, mediumPlan } from "../../support/mediumPlans";

let folder: string;
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-contents-"));
    for (const name of ["vmlinuz", "initrd.img", "nginx", "grub", "data.iso", "more.iso"])
        writeFileSync(join(folder, name), name);
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const bytes = (text: string): { bytes: Uint8Array } => ({ bytes: Buffer.from(text) });

const declarations: Record<string, () => MediumPlanOptions> = {
    linux: () => ({
        kernel: at("vmlinuz"),
        initrd: [{ file: at("initrd.img") }, bytes("config")],
        cmdline: "console=tty0 console=ttyS0,115200n8",
        blocks: [at("data.iso"), at("more.iso")],
        medium: {
            protocol: "linux",
            blocks: [0, 1].map((index) => ({ where: "memory", path: `/unikernel/images/${index}` })),
        },
    }),
    "rumprun without blocks": () => ({
        kernel: at("nginx"),
        initrd: [bytes("{}")],
        medium: { protocol: "multiboot" },
        firmware: ["bios"],
        spec: { console: ["vga", "serial"] },
    }),
    "rumprun with blocks": () => ({
        kernel: at("nginx"),
        cmdline: "_RUMPRUN_ROOTFSCFG=/json.cfg",
        blocks: [at("data.iso")],
        firmware: ["bios"],
        spec: { console: ["serial"] },
        medium: {
            protocol: "multiboot",
            blocks: [{ where: "medium", path: "/images/data.iso" }],
            files: { "/json.cfg": "{}" },
        },
    }),
    raw: () => ({
        kernel: at("grub"),
        cmdline: `"greeting=hello world" $PATH`,
        medium: { protocol: "multiboot" },
        initrd: [{ file: at("initrd.img") }],
        spec: { console: ["vga"], label: "RAW" },
    }),
};

const medium = (name: string, change: Partial<MediumPlanOptions> = {}): MediumContents =>
    mediumOf(mediumPlan({ ...declarations[name]!(), ...change }));

/** Label, firmware, each file and where it comes from, then the script. */
function describeMedium({ id, label, firmware, files, grubConfig }: MediumContents): string {
    const from = (file: MediumContents["files"][number]): string =>
        file.parts
            .map((part) => ("file" in part ? part.file.replace(folder, "") : `${part.bytes.length} bytes`))
            .join(" + ");
    return [
        `${label} (${firmware.join(", ")})`,
        ...files.map((file) => `${file.path}: ${from(file)}${file.loaded ? ", loaded" : ""}`),
        "",
        grubConfig,
    ]
        .join("\n")
        .replaceAll(id, "ID");
}

test.each(Object.keys(declarations))("the file tree and the script of %s are those of the golden file", (name) => {
    const golden = join(__dirname, "golden", `${name.replaceAll(" ", "-")}.txt`);
    const found = describeMedium(medium(name));
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, "utf8"));
});

describe("the id", () => {
    test("is the same for the same content at another path", () => {
        writeFileSync(at("copy"), "vmlinuz");
        expect(medium("linux", { kernel: at("copy") }).id).toBe(medium("linux").id);
    });
    test.each<[string, Partial<MediumPlanOptions>]>([
        ["the kernel", { kernel: "/proc/version" }],
        ["the configuration", { initrd: [bytes("other")] }],
        ["the command line", { cmdline: "other" }],
        ["the label", { spec: { label: "OTHER" } }],
        ["the console", { spec: { console: ["vga"] } }],
        ["the name", { spec: { name: "other" } }],
        ["the firmware", { firmware: ["bios"] }],
        ["an image", { blocks: ["/proc/version", "/proc/version"] }],
    ])("changes with %s", (_, change) => {
        expect(medium("linux", change).id).not.toBe(medium("linux").id);
    });
});

test("a command line that GRUB would change is refused, by check and by the build", () => {
    const plan = mediumPlan({ ...declarations.raw!(), cmdline: `greeting="hello world"` });
    expect(mediumProblems(plan.boot)).toEqual([
        { property: "args", reason: expect.stringMatching(/GRUB cannot pass this command line as it is/) },
    ]);
    expect(() => mediumOf(plan)).toThrow(/^args: GRUB cannot/);
});

test("a command line that leaves no room for what GRUB adds is refused for Linux", () => {
    const problems = (length: number): number =>
        mediumProblems(mediumPlan({ ...declarations.linux!(), cmdline: "x".repeat(length) }).boot).length;
    expect([problems(2023), problems(2024)]).toEqual([0, 1]);
});

test("two images in one place are refused", () => {
    const twice = [0, 1].map(() => ({ where: "medium" as const, path: "/images/data.iso" }));
    expect(() =>
        medium("rumprun with blocks", {
            blocks: [at("data.iso"), at("data.iso")],
            medium: { protocol: "multiboot", blocks: twice },
        }),
    ).toThrow("blocks[1]: /images/data.iso of the medium is blocks[0] already");
});
