// The package's commands over both hosts of the demo, from the namespace in which Pulumi runs.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { claim, step } from "../steps.mjs";
import { processesOf } from "./census.mjs";

/** @typedef {import("./hosts.mjs").Lan} Lan */

/** By which a command's output has to have what it is waited for. */
const WAIT_MS = 5 * 60_000;

/** @param {string} text */
const indented = (text) => text.replace(/^/gm, "   ");

/**
 * The words of a command over both hosts.
 * @param {Lan} lan
 * @param {string} root
 * @param {string[]} words
 */
const wordsOf = ({ hosts, enter }, root, words) => [
    ...enter,
    process.execPath,
    join(root, "dist", "cli", "main.js"),
    ...words,
    ...hosts.flatMap(({ connection }) => ["--connection", connection]),
];

/** @param {Lan} lan */
const memberOf = ({ hosts }) =>
    Object.keys(processesOf(hosts))
        .filter((name) => name.startsWith("web-"))
        .sort()[0] ?? "";

/**
 * @param {() => boolean | Promise<boolean>} holds
 * @param {string} what
 * @param {() => string} found
 */
async function until(holds, what, found) {
    const end = Date.now() + WAIT_MS;
    while (!(await holds())) {
        if (Date.now() > end) throw new Error(`not so: ${what}\n  found: ${found()}`);
        await sleep(500);
    }
}

/**
 * A command that goes on, and what it has printed.
 * @param {string[]} words
 */
function start([command = "", ...words]) {
    const child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (/** @type {Buffer} */ piece) => (text += piece.toString()));
    /** @type {Promise<number | null>} */
    const ended = new Promise((resolve) => child.once("close", resolve));
    return { child, ended, text: () => text };
}

/**
 * `ls`, `events` and `logs`.
 * @param {Lan} lan
 * @param {string} root
 */
export async function look(lan, root) {
    const guest = memberOf(lan);
    for (const words of [["ls"], ["events"], ["logs", guest]])
        await step(`npx pulumi-unikernel ${words.join(" ")}`, async () => {
            const [command = "", ...rest] = wordsOf(lan, root, words);
            const { stdout } = await execa(command, rest);
            console.log(indented(stdout.split("\n").slice(-24).join("\n")));
            claim(stdout.includes(words[0] === "logs" ? "pulumi-unikernel: starting" : guest), "the guests are there");
        });
}

/**
 * Follow the output of one member over its restart.
 * @param {Lan} lan
 * @param {string} root
 */
export function follow(lan, root) {
    const words = ["logs", "-f", memberOf(lan)];
    const logs = start(wordsOf(lan, root, words));
    return {
        /** End it, however the demo ends. */
        stop: () => void logs.child.kill("SIGKILL"),
        end: () =>
            step(`npx pulumi-unikernel ${words.join(" ")}: ran the whole time`, async () => {
                const boots = () => logs.text().split("pulumi-unikernel: starting").length - 1;
                const what = "it has the output of both boots";
                await until(() => boots() === 2, what, logs.text);
                logs.child.kill("SIGINT");
                const code = await logs.ended;
                console.log(indented(logs.text().trimEnd().split("\n").slice(-12).join("\n")));
                claim(true, what);
                claim(code === 130, "Ctrl-C ends it", `exit code ${code}`);
            }),
    };
}

/**
 * Attach a terminal to one member, read what it prints meanwhile, and detach.
 * @param {Lan} lan
 * @param {string} root
 */
export async function attach(lan, root) {
    const guest = memberOf(lan);
    const asked = "/read-by-the-demo";
    await step(`npx pulumi-unikernel console ${guest}`, async () => {
        const [, index] = /^web-(\d+)/.exec(guest) ?? [];
        const command = wordsOf(lan, root, ["console", guest])
            .map((word) => `'${word}'`)
            .join(" ");
        const line = `stty -g; ${command}; echo "ended with $?"; stty -g`;
        const terminal = start(["script", "-qec", line, "/dev/null"]);
        const detached = () => terminal.text().includes("ended with");
        await until(() => terminal.text().includes("Escape character"), "the terminal is attached", terminal.text);
        // nginx prints a page that it does not have.
        const [enter = "", ...words] = lan.enter;
        await execa(enter, [...words, "curl", "--silent", "--max-time", "60", `http://10.71.1.${index}${asked}`]);
        await until(() => terminal.text().includes(asked), "the guest's output is read", terminal.text);
        // virsh sees its own key only at the beginning of what it reads at once.
        const type = () => {
            if (!detached()) terminal.child.stdin.write("\u001d");
            return detached();
        };
        await until(type, "Ctrl-] detaches", terminal.text);
        terminal.child.stdin.end();
        await terminal.ended;
        // What is typed after the end is shown as `^]`.
        const lines = terminal
            .text()
            .replaceAll("^]", "")
            .split(/[\r\n]+/)
            .filter(Boolean);
        console.log(indented(lines.slice(1, -1).join("\n")));
        claim(terminal.text().includes("ended with 0"), "Ctrl-] detached");
        claim(lines.at(-1) === lines[0], "the terminal is as before", lines.join("\n"));
    });
}
