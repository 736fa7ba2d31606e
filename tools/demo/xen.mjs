import { createRequire } from "node:module";
import { join } from "node:path";
import { domainNames, identity } from "./outside.mjs";
import { plain } from "./plain.mjs";
import { changeOneWord, changePage } from "./program.mjs";
import { withFleet } from "./stack.mjs";
import { claim, page, step } from "./steps.mjs";

/** @typedef {import("./stack.mjs").Stack} Stack */
/** @typedef {import("./outside.mjs").Identity} Identity */
/** @typedef {import("../../tests/support/xenHost.ts").XenHost} XenHost */

const require = createRequire(import.meta.url);

/** The folders of guests' files on their host: kernels, images and configurations; consoles. */
const FOLDERS = ["/var/lib/pulumi-unikernel", "/var/log/xen/console"];

/**
 * `npm run demo -- xen`: the fleet of the KVM demo on a Xen host, which is emulated by QEMU and removed at the end.
 * @param {string} root
 */
export async function runXenDemo(root) {
    // The tests' Xen host is TypeScript.
    require("../../tests/support/typescript.cjs");
    const { startXenHost, whyNoXenHost } = require("../../tests/support/xenHost.ts");
    const reason = await whyNoXenHost();
    if (reason) throw new Error(`${reason}: npm run setup -- --xen makes that ready`);
    const host = await step("a Xen host: Debian's dom0 and libvirt, emulated by QEMU", () => startXenHost());
    try {
        await withFleet(root, (stack) => life(stack, host, root));
    } finally {
        await host.stop();
    }
    console.log("\nThe fleet ran on Xen, was reviewed, redeployed and destroyed; nothing of it is left.");
}

/**
 * @param {Stack} stack
 * @param {XenHost} host
 * @param {string} root
 */
async function life(stack, host, root) {
    await shows(host, "xl", "list");
    await step("the program of the KVM demo, with one word and the connection changed", async () => {
        await changeOneWord(join(stack.folder, "index.ts"), "xen");
        console.log(`   pulumi config set connection '${host.sshUri}'`);
        await stack.config("connection", host.sshUri);
    });
    await stack.config("guest", join(root, ".cache", "nginx-guest"));
    await stack.config("count", "2");
    await stack.config("maxUnavailable", "2");

    await step("pulumi up: two nginx guests", () => stack.up());
    const before = await guestsOf(stack, host);
    const urls = await step("forward a port of 127.0.0.1 to each, and fetch a page", () => forwardAll(host, before));
    await pagesSay(urls, /Hello from/);
    await shows(host, "xl", "list");

    const text = await step("change one file of the data image, and look before doing anything", async () => {
        await changePage(stack.folder);
        return plain(await stack.preview());
    });
    claim(/~ *html\/index\.html/.test(text), "the preview names the changed file");
    claim(
        /~ consequence *: "create" => "restart: [^"]*\/data\/html\/index\.html[^"]*"/.test(text),
        "the preview says what that means: restart, and why",
    );

    await step("pulumi up: the redeploy", () => stack.up());
    await pagesSay(urls, /Hello from .*, with a new page/);
    const after = await guestsOf(stack, host);
    claim(
        JSON.stringify(before) === JSON.stringify(after),
        "every guest kept its uuid and MAC address",
        JSON.stringify({ before, after }),
    );
    await step("pulumi up once more: nothing may change", () => stack.up("--expect-no-changes"));

    await step("pulumi destroy", () => stack.destroy());
    const domains = (await host.run("xl", "list"))
        .split("\n")
        .slice(1)
        .map((line) => line.split(/\s+/)[0]);
    await shows(host, "xl", "list");
    claim(domains.join() === "Domain-0", "Xen runs dom0 alone", domains.join(", "));
    const names = await domainNames(host.uri);
    claim(names.join() === "Domain-0", "and libvirt knows no other", names.join(", "));
    const files = await shows(host, "find", ...FOLDERS, "-mindepth", "1");
    claim(files === "", "the host's folders are empty", files);
    const loops = await host.run("losetup", "--all");
    claim(loops === "", "no loop device is left", loops);
}

/**
 * Shows a command of dom0 with its output.
 * @param {XenHost} host
 * @param {string} program
 * @param {string[]} args
 */
async function shows(host, program, ...args) {
    const { stdout, stderr } = await host.exec(program, args);
    const said = stdout.trim();
    console.log(
        `   xen-host# ${[program, ...args].join(" ")}${(said || stderr.trim()).replace(/^(?=.)/gm, "\n   ").replaceAll("\n\n", "\n")}`,
    );
    return said;
}

/**
 * As libvirt says, over a connection that is not pulumi's.
 * @param {Stack} stack
 * @param {XenHost} host
 */
async function guestsOf(stack, host) {
    const { names } = await stack.outputs();
    claim(names.length === 2, `two guests are declared: ${names.join(", ")}`);
    return Promise.all(names.map((name) => identity(host.uri, name)));
}

/**
 * @param {XenHost} host
 * @param {Identity[]} guests
 */
async function forwardAll(host, guests) {
    /** @type {string[]} */
    const urls = [];
    for (const {
        name,
        macs: [mac = ""],
    } of guests) {
        const address = await leased(host, mac);
        const port = await host.forward(address, 80);
        console.log(`   ${name}: 127.0.0.1:${port} → ${address}:80 (${mac})`);
        urls.push(`http://127.0.0.1:${port}/`);
    }
    return urls;
}

/**
 * The lease of a guest, which may come a moment after its program starts.
 * @param {XenHost} host
 * @param {string} mac
 */
async function leased(host, mac) {
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
        const address = await host.addressOf(mac);
        if (address) return address;
    }
    throw new Error(`found no lease of ${mac} within 30 s`);
}

/**
 * @param {string[]} urls
 * @param {RegExp} words
 */
async function pagesSay(urls, words) {
    for (const url of urls) {
        const text = await soon(() => page(url));
        claim(words.test(text), `${url} → ${/<h1>(.*)<\/h1>/.exec(text)?.[1]}`, text);
    }
}

/**
 * Repeats until it succeeds: a guest is ready when its console says that its program is started, and nginx takes a moment more.
 * @template T
 * @param {() => Promise<T>} work
 */
async function soon(work) {
    for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 500))) {
        try {
            return await work();
        } catch (error) {
            if (Date.now() > end) throw error;
        }
    }
}
