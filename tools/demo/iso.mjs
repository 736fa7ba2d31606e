import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { execa } from "execa";
import { plain } from "./plain.mjs";
import { changeOneWord, changePage } from "./program.mjs";
import { withFleet } from "./stack.mjs";
import { claim, step } from "./steps.mjs";

/** @typedef {import("./stack.mjs").Stack} Stack */
/** @typedef {typeof import("../../tests/support/mediumBoot.ts").withMedium} WithMedium */
/** @typedef {Pick<import("../../tests/support/mediumBoot.ts").MediumBootOptions, "way" | "nic">} Machine */
/** @typedef {{ path: string, name: string, sha256: string, size: number }} Medium */

const require = createRequire(import.meta.url);

/**
 * How the machines of the demo get their medium, and the network card they have.
 * @type {[title: string, machine: Machine][]}
 */
const MACHINES = [
    ["BIOS, from a CD", { way: "bios-cd", nic: "e1000e" }],
    ["BIOS, from a CD, with a virtio card", { way: "bios-cd", nic: "virtio" }],
    ["BIOS, from a USB stick", { way: "bios-usb", nic: "e1000e" }],
    ["BIOS, from a SATA disk", { way: "bios-sata", nic: "e1000e" }],
    ["UEFI, from a CD", { way: "uefi-cd", nic: "e1000e" }],
    ["UEFI, from a USB stick", { way: "uefi-usb", nic: "e1000e" }],
    ["UEFI, from a SATA disk", { way: "uefi-sata", nic: "e1000e" }],
];

/**
 * `npm run demo -- iso`: the fleet of the KVM demo as media, booted in every way.
 * @param {string} root
 */
export async function runIsoDemo(root) {
    // The tests' machines are TypeScript.
    require("../../tests/support/typescript.cjs");
    const { withMedium } = require("../../tests/support/mediumBoot.ts");
    await withFleet(root, (stack) => life(stack, root, withMedium));
    console.log(
        "\nThe fleet was built as media, booted in every way, reviewed, rebuilt and removed; nothing of it is left.",
    );
}

/**
 * @param {Stack} stack
 * @param {string} root
 * @param {WithMedium} withMedium
 */
async function life(stack, root, withMedium) {
    await stack.config("guest", join(root, ".cache", "nginx-guest"));
    await step("the program of the KVM demo, with one word changed", () =>
        changeOneWord(join(stack.folder, "index.ts"), "iso"),
    );

    await step("pulumi up: three media", () => stack.up());
    const images = await mediaOf(stack);
    await step("boot them in every way, and fetch a page each time", () =>
        bootAll(withMedium, images, MACHINES, /Hello from/),
    );

    const text = await step("change one file of the data image, and look before doing anything", async () => {
        await changePage(stack.folder);
        return plain(await stack.preview());
    });
    claim(/~ *html\/index\.html/.test(text), "the preview names the changed file");
    claim(
        /~ consequence *: "create" => "rebuild: \/data\/html\/index\.html"/.test(text),
        "the preview says what that means: rebuild, and why",
    );

    await step("pulumi up: rebuilt", () => stack.up());
    const rebuilt = await mediaOf(stack);
    claim(
        rebuilt.every(({ sha256 }, index) => sha256 !== images[index]?.sha256),
        "every image is another one",
    );
    await step("boot again", () =>
        bootAll(
            withMedium,
            rebuilt,
            MACHINES.filter(([title]) => ["BIOS, from a CD", "UEFI, from a USB stick"].includes(title)),
            /Hello from .*, with a new page/,
        ),
    );

    await step("pulumi up once more: nothing may change", () => stack.up("--expect-no-changes"));
    await step("pulumi destroy", () => stack.destroy());
    const left = (await readdir(stack.folder)).filter((name) => /\.(iso|tmp)$|^SHA256SUMS$/.test(name));
    claim(left.length === 0, "no image, no sum, no temporary file is left", left.join(", "));
}

/** @param {Stack} stack */
async function mediaOf(stack) {
    const media = (await stack.resources()).flatMap(({ outputs }) => {
        if (outputs?.platform !== "iso") return [];
        const { path = "", name = "", sha256 = "", size = 0 } = outputs;
        return [{ path, name, sha256, size }];
    });
    claim(
        media.length === 3,
        `${media.length} media: ${media.map(({ path, size }) => `${basename(path)} (${(size / 2 ** 20).toFixed(1)} MiB)`).join(", ")}`,
    );
    const { stdout } = await execa("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: stack.folder });
    claim(stdout.match(/OK$/gm)?.length === 3, "sha256sum --check agrees");
    return media.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Boots one after the other: two emulated processors are busy with one machine.
 * @param {WithMedium} withMedium
 * @param {Medium[]} images
 * @param {[title: string, machine: Machine][]} machines
 * @param {RegExp} words
 */
async function bootAll(withMedium, images, machines, words) {
    for (const [index, [title, machine]] of machines.entries()) {
        const image = images[index % images.length];
        if (!image) throw new Error("found no medium to boot");
        const started = Date.now();
        const page = await withMedium({ image: image.path, ...machine, memory: 512 }, ({ fetch }) =>
            fetch("/", 100_000),
        );
        claim(
            words.test(page),
            `${title}: ${basename(image.path)} → ${/<h1>(.*)<\/h1>/.exec(page)?.[1]} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
            page,
        );
    }
}
