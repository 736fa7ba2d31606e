import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bake, mediumOf } from "../../backends/iso/medium";
import { withMedium } from "../support/mediumBoot";
import { mediumPlan } from "../support/mediumPlans";

// GRUB itself is asked: the raw test kernel prints the command line that it was given.
jest.setTimeout(900_000);
let folder: string;
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-quoting-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function commandLineOf(cmdline: string, name = "kernel"): Promise<string | undefined> {
    const { buildTestKernels } = await import("../guests/build.mjs");
    const [kernel, image] = [join(folder, name), join(folder, "medium.iso")];
    await copyFile((await buildTestKernels()).rawKernel, kernel);
    await rm(image, { force: true });
    await bake(mediumOf(mediumPlan({ kernel, cmdline, medium: { protocol: "multiboot" }, firmware: ["bios"] })), image);
    return withMedium(
        { image, way: "bios-cd" },
        async ({ until }) =>
            /test kernel: command line ([\s\S]*?)\ntest kernel: bare/.exec(await until("test kernel: bare"))?.[1],
    );
}

test.each([
    [""],
    ["plain words=1,2 /path.to/x"],
    [" blanks  everywhere "],
    [`"with=blanks in it" "  " more`],
    [`quotes=\\'\\" "and \\"blanks\\" \\'too\\'" \\\\ \\\\x C:\\\\y`],
    ["$HOME ${HOME} $(x) `x` #x ;x |x &x <x >x {x} [x] !x ~x *x ?x x=*"],
    ["Grüße 日本語 🙂"],
    ["tab\tin a\nline break"],
])("GRUB passes the command line %j as it is", async (cmdline) => {
    expect(await commandLineOf(cmdline)).toBe(cmdline);
});

test.each([
    ["a b  c"],
    ["it's"],
    ['"double"'],
    ["$HOME ${x}"],
    ["back\\slash\\"],
    ["Grüße 日本語 🙂"],
    ["line\nbreak"],
    ["-dash"],
    ["a;b|c&d"],
    ["#x"],
    ["*?[x]"],
    ["x".repeat(255)],
    ["grub"],
    ["module"],
])("GRUB loads a kernel whose file is called %j", async (name) => {
    expect(await commandLineOf("found", name)).toBe("found");
});
