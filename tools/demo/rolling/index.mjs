import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { plain } from "../plain.mjs";
import { withFleet } from "../stack.mjs";
import { claim, step } from "../steps.mjs";
import { processesOf, processesOn, startCensus } from "./census.mjs";
import { attach, follow, look } from "./commands.mjs";
import { BRIDGE, startLan } from "./hosts.mjs";
import { languages } from "./languages.mjs";
import { drawRun } from "./picture.mjs";
import { startTraffic, sumOf, wordsOf } from "./traffic.mjs";

/** @typedef {import("../stack.mjs").Stack} Stack */
/** @typedef {import("./hosts.mjs").Lan} Lan */
/** @typedef {ReturnType<typeof startTraffic>} Traffic */
/** @typedef {{ at: number, text: string }} Mark */

const ADDRESSES = { a: "10.71.0.1", b: "10.71.0.2" };
const OWN = "10.71.0.254";
const BALANCER = "http://10.71.0.9/";

/**
 * `npm run demo -- fleet`: a fleet of nginx guests over two hosts, behind a balancer and under load the whole time.
 * @param {string} root
 */
export async function runRollingDemo(root) {
    if (process.getuid?.() !== 0) throw new Error("this demo makes hosts in network namespaces: run it as root");
    const lan = await step("two libvirt hosts in network namespaces, joined by a bridge and reached by ssh", () =>
        startLan(ADDRESSES, OWN),
    );
    try {
        await withFleet(root, (stack) => life(stack, lan, root), "rolling-fleet", lan.enter);
    } finally {
        await lan.close();
    }
    console.log("\nThe fleet was rolled, refused, scaled and cut off under load; nothing of it is left.");
}

/**
 * @param {Stack} stack
 * @param {Lan} lan
 * @param {string} root
 */
async function life(stack, lan, root) {
    const { hosts } = lan;
    await stack.config("guest", join(root, ".cache", "nginx-guest"));
    await stack.config("bridge", BRIDGE);
    await stack.config("hosts", JSON.stringify(hosts.map(({ name, connection }) => ({ name, connection }))));
    await step("pulumi up: twelve guests over both hosts, and the balancer", () => stack.up());
    for (const host of hosts) console.log(`   host ${host.name}: ${Object.keys(processesOn(host)).sort().join(", ")}`);
    claim(Object.keys(processesOf(hosts)).length === 13, "thirteen guests run");

    const traffic = startTraffic(lan.enter, BALANCER, join(stack.folder, "..", "answers"));
    const census = startCensus(hosts);
    /** @type {Mark[]} */
    const marks = [];
    /**
     * @template T
     * @param {string} title
     * @param {string} short
     * @param {() => Promise<T>} work
     */
    const marked = async (title, short, work) => {
        const from = Date.now();
        marks.push({ at: from, text: short });
        const result = await step(title, work);
        const sum = sumOf(await traffic.between(from));
        console.log(`   ${wordsOf(sum)}`);
        return { result, sum };
    };
    try {
        await rolls(stack, lan, root, marked);
        await scales(stack, lan, marked);
        await cutOff(stack, lan, marked);
        await look(lan, root);
        await attach(lan, root);
        await languages(stack, lan, root, marked);
    } finally {
        await traffic.stop();
        census.stop();
    }
    const picture = join(root, "docs", "fleet.svg");
    await writeFile(picture, drawRun({ answers: await traffic.answers(), samples: census.samples, marks }));
    console.log(`   the run as a picture: ${picture}`);

    await step("pulumi destroy", () => stack.destroy());
    claim(Object.keys(processesOf(hosts)).length === 0, "no guest runs on either host");
    for (const { name, host } of hosts) {
        const left = [await host.virsh("list", "--all", "--name"), await host.virsh("net-list", "--all", "--name")];
        claim(left.join("").trim() === "", `host ${name} has no domain and no network`, left.join(" "));
        const files = await execa("find", [host.env.PULUMI_UNIKERNEL_DIR, "-mindepth", "1", "-type", "f"]);
        claim(files.stdout === "", `host ${name} has no file of a guest`, files.stdout);
    }
}

/**
 * @template T
 * @typedef {{ result: T, sum: import("./traffic.mjs").Sum }} Marked
 */
/** @typedef {<T>(title: string, short: string, work: () => Promise<T>) => Promise<Marked<T>>} Marker */

/**
 * @param {Stack} stack
 * @param {Lan} lan
 * @param {string} root
 * @param {Marker} marked
 */
async function rolls(stack, lan, root, marked) {
    const { hosts } = lan;
    const page = join(stack.folder, "page", "html", "index.html");
    await writeFile(page, (await readFile(page, "utf8")).replace("Version 1", "Version 2"));
    const text = plain(await step("a new page, and look before doing anything", () => stack.preview()));
    for (const line of new Set(text.match(/12 restarts: .*/g))) console.log(`   ${line}`);
    claim(/12 restarts: canary 1/.test(text), "the preview says how the change is rolled out");
    const followed = follow(lan, root);
    try {
        const { sum } = await marked("pulumi up: the roll-out", "new page", () => stack.up());
        await followed.end();
        claim(sum.gets > 0 && sum.failedGets === 0, "no GET failed");
    } finally {
        followed.stop();
    }

    const config = join(stack.folder, "page", "nginx.conf");
    const good = await readFile(config, "utf8");
    await writeFile(config, good.replace("listen 80;", "listen 80 nonsense;"));
    const before = processesOf(hosts);
    const { result, sum: meanwhile } = await marked(
        "a configuration on which nginx does not start: pulumi up must fail",
        "broken configuration",
        () => stack.failing("up"),
    );
    claim(/invalid parameter "nonsense"/.test(plain(result)), "the failure has what the guest printed");
    const after = processesOf(hosts);
    const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
    claim(changed.length === 1, `only the canary restarted: ${changed.join(", ")}`);
    claim(Object.keys(after).length === 13, "all thirteen guests run");
    claim(meanwhile.failedGets === 0, "no GET failed");
    await writeFile(config, good);
    await step("the former configuration again: pulumi up", () => stack.up());
}

/**
 * @param {Stack} stack
 * @param {Lan} lan
 * @param {Marker} marked
 */
async function scales(stack, { hosts }, marked) {
    for (const count of [20, 4]) {
        const before = processesOf(hosts);
        await stack.config("replicas", String(count));
        const { sum } = await marked(`pulumi up: ${count} guests`, `${count} guests`, () => stack.up());
        const after = processesOf(hosts);
        claim(Object.keys(after).length === count + 1, `${count} guests and the balancer run`);
        const moved = Object.keys(after).filter((name) => before[name] && before[name] !== after[name]);
        claim(moved.length === 0, "those that stay were not touched, and the balancer was not", moved.join(", "));
        claim(sum.gets > 0 && sum.failedGets === 0, "no GET failed");
    }
}

/**
 * @param {Stack} stack
 * @param {Lan} lan
 * @param {Marker} marked
 */
async function cutOff(stack, { hosts }, marked) {
    const [, other] = hosts;
    if (!other) throw new Error("the demo needs two hosts");
    await other.host.killDaemon();
    const before = await stack.resources();
    const { result } = await marked(`host ${other.name}'s daemon is killed: pulumi refresh`, "daemon killed", () =>
        stack.failing("refresh"),
    );
    claim(plain(result).includes(other.address), "what cannot be reached is named");
    const after = await stack.resources();
    claim(after.length === before.length, "no guest left the state");
    await other.host.startDaemon();
    await step("the daemon runs again: nothing may change", () => stack.up("--expect-no-changes"));
}
