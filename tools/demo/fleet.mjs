import { dirname, join } from "node:path";
import { ensureLibvirt } from "../libvirt.mjs";
import { domainNames, identity, leftovers } from "./outside.mjs";
import { plain } from "./plain.mjs";
import { changePage } from "./program.mjs";
import { withFleet } from "./stack.mjs";
import { claim, page, step } from "./steps.mjs";

/** @typedef {import("./stack.mjs").Stack} Stack */

/** Other ports than those of the example and of the root project, which may be up. */
const BASE_PORT = 18080;
const ports = Array.from({ length: 5 }, (_, index) => BASE_PORT + index);

/** @param {string} root */
export async function runDemo(root) {
    // The default where no connection is named: a user's own session needs no daemon from us.
    const uri = process.getuid?.() === 0 ? "qemu:///system" : "qemu:///session";
    const libvirt = uri === "qemu:///system" ? await ensureLibvirt() : undefined;
    try {
        await withFleet(root, (stack) => life(stack, uri, root));
    } finally {
        await libvirt?.stop();
    }
    console.log("\nThe fleet was raised, reviewed, redeployed, scaled and destroyed; nothing of it is left.");
}

/**
 * @param {Stack} stack
 * @param {string} uri
 * @param {string} root
 */
async function life(stack, uri, root) {
    await stack.config("basePort", String(BASE_PORT));
    await stack.config("guest", join(root, ".cache", "nginx-guest"));
    await stack.config("maxUnavailable", "8");

    await step("pulumi up: three nginx guests", () => stack.up());
    await pagesSay(stack, 3, /Hello from/);
    const before = await identities(stack, uri);

    const text = await step(
        "change one file of the data image and one environment variable, and look before doing anything",
        async () => {
            await changePage(stack.folder);
            await stack.config("greeting", "Good morning");
            return stack.preview();
        },
    );
    claim(/~ *html\/index\.html/.test(text), "the preview names the changed file");
    claim(/~ GREETING *: "Hello" => "Good morning"/.test(plain(text)), "the preview shows the changed variable");
    claim(
        /~ consequence *: "create" => "restart: [^"]*\/data\/html\/index\.html[^"]*"/.test(plain(text)),
        "the preview says what that means: restart, and why",
    );
    claim((await page(`http://127.0.0.1:${BASE_PORT}/`)).includes("Hello from"), "nothing has changed yet");

    await step("pulumi up: the redeploy", () => stack.up());
    await pagesSay(stack, 3, /Good morning from .*, with a new page/);
    const after = await identities(stack, uri);
    claim(
        JSON.stringify(before) === JSON.stringify(after),
        "every guest kept its uuid and MAC address",
        JSON.stringify({ before, after }),
    );

    await step("scale to five", async () => {
        await stack.config("count", "5");
        await stack.up();
    });
    await pagesSay(stack, 5, /Good morning from/);

    await step("pulumi up once more: nothing may change", () => stack.up("--expect-no-changes"));
    claim(true, "the engine expected no changes and found none");

    const guests = await identities(stack, uri);
    const places = (await stack.resources()).flatMap(({ outputs }) => [
        ...(outputs?.consoleLog ? [dirname(outputs.consoleLog)] : []),
        ...(outputs?.path ? [outputs.path] : []),
    ]);
    claim(
        guests.length === 5 && places.length >= 5,
        `on the host now: ${guests.length} domains, ${places.length} folders and images`,
    );
    await step("pulumi destroy", () => stack.destroy());
    const left = await leftovers(uri, guests, ports, places);
    claim(
        left.length === 0,
        "seen from outside: no domain, process, port, file or reservation is left",
        left.join("\n  "),
    );
    const names = await domainNames(uri);
    console.log(`   domains on the host: ${names.length ? names.join(", ") : "none"}`);
}

/**
 * @param {Stack} stack
 * @param {number} count
 * @param {RegExp} words
 */
async function pagesSay(stack, count, words) {
    const { urls } = await stack.outputs();
    claim(urls.length === count, `${count} guests are declared`);
    for (const url of urls) {
        const text = await page(url);
        claim(words.test(text), `${url} → ${/<h1>(.*)<\/h1>/.exec(text)?.[1]}`, text);
    }
}

/**
 * @param {Stack} stack
 * @param {string} uri
 */
async function identities(stack, uri) {
    const { names } = await stack.outputs();
    return Promise.all(names.map((name) => identity(uri, name)));
}
