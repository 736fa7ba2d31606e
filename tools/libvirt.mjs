// A libvirt daemon for qemu:///system: the one that runs, the service manager's, or one that we start.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SetupError } from "./setup/steps.mjs";

const URI = "qemu:///system";
const NETWORKS = "/run/libvirt/network";

/** @param {string[]} args */
const virsh = (...args) => spawnSync("virsh", ["-q", "-c", URI, ...args], { encoding: "utf8", timeout: 20_000 });
/** @param {import("node:child_process").SpawnSyncReturns<string>} result */
const lines = (result) =>
    (result.stdout ?? "")
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);

/** The error text where the daemon does not answer. */
function unreachable() {
    const { status, stderr, error } = virsh("uri");
    return status === 0 ? undefined : (stderr || error?.message || "no answer").trim();
}

/** Waits up to ten seconds for an answer. */
async function answers() {
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(100)) if (!unreachable()) return true;
    return false;
}

/**
 * @param {string} name
 * @param {string[]} words
 */
function asRoot(name, words) {
    const [program, args] = process.getuid?.() === 0 ? [name, words] : ["sudo", [name, ...words]];
    console.log(`    $ ${[program, ...args].join(" ")}`);
    execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
}

/**
 * The process of a pid file, when it runs.
 * @param {string} file
 */
function runningPid(file) {
    if (!existsSync(file)) return undefined;
    const pid = Number(readFileSync(file, "utf8"));
    return existsSync(`/proc/${pid}`) ? pid : undefined;
}

/** @param {number} pid */
async function end(pid) {
    asRoot("kill", [String(pid)]);
    for (const deadline = Date.now() + 10_000; existsSync(`/proc/${pid}`) && Date.now() < deadline; ) await sleep(50);
}

const activeNetworks = () =>
    existsSync(NETWORKS)
        ? readdirSync(NETWORKS)
              .filter((file) => file.endsWith(".xml"))
              .map((file) => file.slice(0, -4))
        : [];

/**
 * Makes sure that qemu:///system answers.
 * @returns {Promise<{ note: string, stop(): Promise<string> }>} `stop` ends the daemons that this call started, and nothing else;
 *     while guests run it leaves them running
 */
export async function ensureLibvirt() {
    const reason = unreachable();
    if (!reason) return { note: "a daemon runs", stop: async () => "left as it was" };
    if (existsSync("/run/systemd/system")) {
        asRoot("systemctl", ["start", "libvirtd.service"]);
        if (await answers()) return { note: "started by systemd", stop: async () => "left to systemd" };
        throw new SetupError(`${URI} does not answer although systemd has started libvirtd: ${unreachable()}`);
    }
    const before = activeNetworks();
    /** @type {string[]} */
    const started = [];
    // A fresh /run has neither; /var/lock leads to the second, where libvirt locks consoles.
    for (const folder of ["/run/libvirt", "/run/lock"]) mkdirIfRoot(folder);
    const closeKvm = openKvm();
    for (const daemon of ["virtlogd", "libvirtd"]) {
        const file = `/run/${daemon}.pid`;
        if (runningPid(file)) continue;
        asRoot(daemon, ["-d", "-p", file]);
        started.push(file);
    }
    const handle = {
        note: `started ${started.map((file) => file.slice(5, -4)).join(" and ")}`,
        stop: () => stop(started, before, closeKvm),
    };
    if (await answers()) return handle;
    const failure = unreachable();
    await handle.stop();
    throw new SetupError(`${URI} does not answer: ${failure}\n/var/log/syslog or \`libvirtd -v\` says why.`);
}

/** @param {string} folder */
function mkdirIfRoot(folder) {
    if (process.getuid?.() === 0) mkdirSync(folder, { recursive: true });
}

/**
 * Where no udev has seen /dev/kvm, the user that guests run as may not open it, and libvirtd then probes QEMU
 * again (ten seconds) for every domain. Sets the group and mode of udev's own rule (50-udev-default.rules).
 * @returns undoes it
 */
function openKvm(device = "/dev/kvm") {
    const group = existsSync("/etc/group") && /^kvm:[^:]*:(\d+):/m.exec(readFileSync("/etc/group", "utf8"))?.[1];
    const was = statSync(device, { throwIfNoEntry: false });
    if (!group || !was || (was.gid === Number(group) && (was.mode & 0o060) === 0o060)) return () => undefined;
    /**
     * @param {string | number} gid
     * @param {number} mode
     */
    const set = (gid, mode) => {
        asRoot("chgrp", [String(gid), device]);
        asRoot("chmod", [(mode & 0o7777).toString(8), device]);
    };
    set(group, was.mode | 0o660);
    return () => set(was.gid, was.mode);
}

/**
 * @param {string[]} started pid files
 * @param {string[]} networksBefore
 * @param {() => void} closeKvm
 */
async function stop(started, networksBefore, closeKvm) {
    const guests = lines(virsh("list", "--name"));
    if (guests.length > 0) return `left running for ${guests.join(", ")}`;
    for (const network of lines(virsh("net-list", "--name"))) {
        if (!networksBefore.includes(network)) virsh("net-destroy", network);
    }
    const pids = started
        .map(runningPid)
        .filter((pid) => pid !== undefined)
        .reverse();
    for (const pid of pids) await end(pid);
    closeKvm();
    return pids.length > 0 ? "stopped" : "had ended already";
}
