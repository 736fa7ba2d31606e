import { constants } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BridgeFacts } from "../judge";
import { exists, type Machine, which } from "./machine";
import { runProgram } from "./run";

/** S_ISUID of sys/stat.h, which Node does not export. */
const SET_UID = 0o4000;
const HELPERS = [
    "/usr/lib/qemu/qemu-bridge-helper",
    "/usr/libexec/qemu-bridge-helper",
    "/usr/local/libexec/qemu-bridge-helper",
];

export async function probeBridges(machine: Machine, session: boolean): Promise<BridgeFacts> {
    const bridges = await hostBridges();
    const accessList = await readAccessList("/etc/qemu/bridge.conf");
    return {
        session,
        bridges,
        helper: await bridgeHelper(machine),
        allowed: bridges.filter((bridge) => bridgeAllowed(accessList, bridge)),
    };
}

/** Return every network device that has a bridge folder in sysfs. */
async function hostBridges(): Promise<string[]> {
    const root = "/sys/class/net";
    const names = await readdir(root).catch(() => []);
    const marks = await Promise.all(names.map((name) => exists(join(root, name, "bridge"))));
    return names.filter((_, index) => marks[index]);
}

/** Find the helper. It is privileged by the set-uid bit or by a file capability: qemu-bridge-helper(8). */
async function bridgeHelper(machine: Machine): Promise<BridgeFacts["helper"]> {
    for (const path of HELPERS) {
        if (!(await exists(path, constants.X_OK))) continue;
        const { mode, uid } = await stat(path);
        if ((mode & SET_UID) !== 0 && uid === 0) return { path, privileged: true };
        const getcap = await which(machine, "getcap");
        const capabilities = getcap ? await runProgram(getcap, [path]) : undefined;
        return { path, privileged: /cap_net_admin[^ ]*[=+][a-z]*p/.test(capabilities ?? "") };
    }
    return undefined;
}

/** Return the access list as one text. `include FILE` lines are followed, as the helper does, but each file once. */
export async function readAccessList(path: string, read = new Set<string>()): Promise<string> {
    if (read.has(path)) return "";
    read.add(path);
    const text = await readFile(path, "utf8").catch(() => "");
    const included = text
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .flatMap(([word, file]) => (word === "include" && file ? [file] : []));
    const texts = [text];
    for (const file of included) texts.push(await readAccessList(file, read));
    return texts.join("\n");
}

/** Evaluate lines `allow BRIDGE` and `deny BRIDGE`, where "all" is every bridge; any deny overrides every allow. */
export function bridgeAllowed(accessList: string, bridge: string): boolean {
    const rules = accessList.split("\n").map((line) => line.trim().split(/\s+/));
    const says = (verb: string) => rules.some(([word, name]) => word === verb && (name === bridge || name === "all"));
    return says("allow") && !says("deny");
}

/** Return whether the tun device's node exists. */
export async function hasTun(): Promise<boolean> {
    return stat("/dev/net/tun").then(
        (entry) => entry.isCharacterDevice(),
        () => false,
    );
}
