import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureLibvirt } from "../libvirt.mjs";
import { makeByHand } from "./byHand.mjs";
import { domainNames, identity, leftovers } from "./outside.mjs";
import { plain } from "./plain.mjs";
import { changePage } from "./program.mjs";
import { withFleet } from "./stack.mjs";
import { claim, page, step } from "./steps.mjs";

/** @typedef {import("./stack.mjs").Stack} Stack */

const URI = "qemu:///system";
const BY_HAND = "by-hand";

/**
 * `npm run demo -- yaml`: a fleet without a line of TypeScript, and a guest that was made with virsh.
 * @param {string} root
 */
export async function runYamlDemo(root) {
    if (process.getuid?.() !== 0) throw new Error("this demo makes a domain by hand on qemu:///system: run it as root");
    const libvirt = await ensureLibvirt();
    const byHand = makeByHand(URI, join(root, ".cache", "nginx-guest"), BY_HAND);
    try {
        await withFleet(root, (stack) => life(stack, root, byHand), "nginx-fleet-yaml");
    } finally {
        byHand.remove();
        await libvirt.stop();
    }
    console.log(
        "\nThe fleet was raised, reviewed and redeployed from YAML, a guest made by hand was taken over, and nothing of them is left.",
    );
}

/**
 * @param {Stack} stack
 * @param {string} root
 * @param {ReturnType<typeof makeByHand>} byHand
 */
async function life(stack, root, byHand) {
    await stack.config("guest", join(root, ".cache", "nginx-guest"));
    await step("pulumi up: three nginx guests", () => stack.up());
    const { urls } = await stack.outputs();
    const ports = urls.map((url) => Number(new URL(url).port));
    await pagesSay(urls, /Hello from/);
    const before = await identities(stack);

    const text = plain(
        await step(
            "change one file of the data image and one environment variable, and look before doing anything",
            async () => {
                await changePage(stack.folder);
                await stack.config("greeting", "Good morning");
                return stack.preview();
            },
        ),
    );
    claim(/^ *rebuild: html\/index\.html$/m.test(text), "the preview says of the data image: rebuild: html/index.html");
    claim(
        text.match(/^ *restart: env\.GREETING, \/data\/html\/index\.html$/gm)?.length === 3,
        "and of each guest: restart: env.GREETING, /data/html/index.html",
    );
    claim(/~ GREETING *: "Hello" => "Good morning"/.test(text), "it shows the changed variable");
    claim((await page(urls[0] ?? "")).includes("Hello from"), "nothing has changed yet");

    await step("pulumi up: the redeploy", () => stack.up());
    await pagesSay(urls, /Good morning from .*, with a new page/);
    claim(
        JSON.stringify(before) === JSON.stringify(await identities(stack)),
        "every guest kept its uuid and MAC address",
    );
    await step("pulumi up once more: nothing may change", () => stack.up("--expect-no-changes"));

    const was = byHand.look();
    await step(`pulumi import: the domain "${BY_HAND}", made with virsh`, async () => {
        await stack.import("unikernel:index:Unikernel", BY_HAND, `${URI}#${BY_HAND}`);
        await declare(stack.folder, byHand.declaration);
    });
    await step("pulumi up, with the guest in the program: nothing may change", () => stack.up("--expect-no-changes"));
    claim(byHand.look() === was, "its definition and its process are what they were");

    const guests = [...(await identities(stack)), await identity(URI, BY_HAND)];
    const places = (await stack.resources()).flatMap(({ outputs }) => [
        ...(outputs?.consoleLog ? [dirname(outputs.consoleLog)] : []),
        ...(outputs?.path ? [outputs.path] : []),
    ]);
    await step("pulumi destroy", () => stack.destroy());
    const left = await leftovers(URI, guests, ports, places);
    claim(
        left.length === 0,
        "seen from outside: no domain, process, port, file or reservation is left",
        left.join("\n  "),
    );
    claim(existsSync(byHand.kernel), "what was made by hand lost its domain, and not its kernel");
    claim(!(await domainNames(URI)).includes(BY_HAND), "virsh knows no such domain any more");
}

/**
 * Adds the guest to the program.
 * @param {string} folder of the program
 * @param {string} declaration
 */
async function declare(folder, declaration) {
    const file = join(folder, "Pulumi.yaml");
    console.log(declaration.replace(/^/gm, "   "));
    await writeFile(file, (await readFile(file, "utf8")).replace(/^resources:\n/m, `resources:\n${declaration}`));
}

/**
 * @param {string[]} urls
 * @param {RegExp} words
 */
async function pagesSay(urls, words) {
    for (const url of urls) {
        const text = await page(url);
        claim(words.test(text), `${url} → ${/<h1>(.*)<\/h1>/.exec(text)?.[1]}`, text);
    }
}

/** @param {Stack} stack */
async function identities(stack) {
    const { names } = await stack.outputs();
    return Promise.all(names.map((name) => identity(URI, name)));
}
