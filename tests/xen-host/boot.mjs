// Boots the Xen host in QEMU: from the state it was saved in when it was up, or from nothing, and then saves that state.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    closeSync,
    existsSync,
    mkdtempSync,
    openSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildXenHost, whyNoBuild } from "./build.mjs";
import { openMonitor } from "./qmp.mjs";

/** MiB of the host, and of them dom0's; the rest is for guests, but some thirty of Xen's own. */
const MEMORY = 1536;
const DOM0_MEMORY = 640;
const PORTS = { ssh: ["10.0.2.15", 22], libvirt: ["10.0.2.15", 16509] };
const PREFIX = "puk-xen-";
const PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    ssh: "openssh-client",
    virsh: "libvirt-clients",
    setpriv: "util-linux",
};

/** What decides whether a saved state fits: everything but files and forwards of this run. */
// Restored lazily (what `no` leaves), vector registers of one domain turn up in another on an emulated processor.
const XEN = [
    "console=com1",
    "com1=115200,8n1",
    "spec-ctrl=no,eager-fpu",
    `dom0_mem=${DOM0_MEMORY}M,max:${DOM0_MEMORY}M`,
    "loglvl=warning",
    "bootscrub=0",
];
const LINUX = ["console=hvc0", "quiet", "panic=1", "mitigations=off"];
const MACHINE = [
    // dom0 dies with smap, and PVH guests with rdtscp, on an emulated processor.
    "-accel",
    "tcg,thread=multi,tb-size=256",
    "-cpu",
    "max,-smap,-rdtscp",
    "-machine",
    "pc,memory-backend=memory",
    "-m",
    String(MEMORY),
    "-smp",
    "1",
    "-nodefaults",
    "-no-user-config",
    "-display",
    "none",
    "-vga",
    "none",
    "-no-reboot",
    "-kernel",
    "xen",
    "-append",
    XEN.join(" "),
    "-initrd",
    `vmlinux ${LINUX.join(" ")},initrd`,
    "-device",
    "virtio-blk-pci,drive=disk",
    "-device",
    "virtio-net-pci,netdev=net,romfile=",
    "-device",
    "virtio-rng-pci",
];

/** The memory is in its file already: only devices go through QEMU's migration stream. */
const MEMORY_APART = { capabilities: [{ capability: "x-ignore-shared", state: true }] };

/** Why no Xen host can run here, in a sentence; undefined when one can. */
export function whyNoXenHost() {
    const missing = Object.keys(PROGRAMS).filter((program) => spawnSync(program, ["--version"]).error);
    if (missing.length > 0)
        return `a Xen host needs the packages ${[...new Set(missing.map((program) => PROGRAMS[program]))].join(", ")}`;
    return whyNoBuild();
}

/**
 * Builds the host and saves its state, where that is not done: the first start then is as fast as every other.
 * @returns {Promise<{ folder: string, built: boolean }>}
 */
export async function prepareXenHost({ timeout = 180_000 } = {}) {
    const { folder, built } = buildXenHost();
    await savedState(folder, timeout);
    return { folder, built };
}

/**
 * Boots a host of the caller's own: nothing that it changes is kept, and it ends with this process.
 * @param {{ cold?: boolean, timeout?: number }} options `cold`: not from the saved state; `timeout`: milliseconds for a boot
 * @returns {Promise<BootedXenHost>} (boot.d.mts)
 */
export async function bootXenHost({ cold = false, timeout = 180_000 } = {}) {
    sweep();
    const { folder } = buildXenHost();
    const state = cold ? undefined : await savedState(folder, timeout);
    return boot(folder, state, timeout);
}

async function boot(folder, state, timeout) {
    const own = mkdtempSync(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
    const memory = state
        ? [
              "-object",
              `memory-backend-file,id=memory,size=${MEMORY}M,mem-path=${path.join(state, "memory")},share=off`,
              "-incoming",
              "defer",
          ]
        : ["-object", `memory-backend-ram,id=memory,size=${MEMORY}M`];
    const disk = state ? `file=${path.join(state, "disk.qcow2")},format=qcow2` : "file=dom0.ext4,format=raw";
    const host = await start(
        folder,
        own,
        [...memory, "-drive", `${disk},snapshot=on,if=none,id=disk`],
        state && path.join(state, "devices"),
    );
    try {
        if (state) await restore(host.monitor);
        await (state
            ? until(host, timeout, async () => (await host.monitor.execute("query-status")).status === "running")
            : isUp(host, timeout));
        const ports = {};
        for (const [name, [address, port]] of Object.entries(PORTS))
            ports[name] = await forward(host.monitor, address, port);
        return {
            folder,
            own,
            ports,
            key: path.join(folder, "key"),
            knownHosts: path.join(folder, "known_host"),
            restored: state !== undefined,
            forward: (address, port) => forward(host.monitor, address, port),
            console: () => readFileSync(path.join(own, "console"), "utf8"),
            stop: host.stop,
            pid: host.pid,
        };
    } catch (error) {
        await host.stop();
        throw error;
    }
}

/** From the file that QEMU was given beside its three standard ones. */
async function restore({ execute }) {
    await execute("migrate-set-capabilities", MEMORY_APART);
    await execute("migrate-incoming", { uri: "fd:3" });
}

/** QEMU in the folder of the build, with its console and monitor in a folder of its own. */
async function start(folder, own, machine, incoming) {
    const devices = incoming ? [openSync(incoming, "r")] : [];
    const child = spawn(
        "setpriv",
        [
            "--pdeathsig",
            "KILL",
            "qemu-system-x86_64",
            ...MACHINE,
            ...machine,
            "-netdev",
            "user,id=net,restrict=on,ipv6=off,dhcpstart=10.0.2.20",
            "-serial",
            `file:${path.join(own, "console")}`,
            "-qmp",
            `unix:${path.join(own, "monitor")},server,nowait`,
        ],
        { cwd: folder, stdio: ["ignore", "ignore", "pipe", ...devices] },
    );
    for (const file of devices) closeSync(file);
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += chunk));
    const host = { pid: child.pid, ended: undefined, monitor: undefined, stop };
    const exit = new Promise((resolve) => {
        child.on("error", (error) => resolve((host.ended = error.message)));
        child.on("close", (code, signal) =>
            resolve((host.ended = `QEMU ended with ${signal ?? code}: ${errors.trim()}`)),
        );
    });
    async function stop() {
        child.kill("SIGKILL");
        host.monitor?.close();
        await exit;
        rmSync(own, { recursive: true, force: true });
    }
    try {
        await until(
            host,
            20_000,
            async () => (host.monitor = await openMonitor(path.join(own, "monitor")).catch(() => undefined)),
        );
    } catch (error) {
        await stop();
        throw error;
    }
    return {
        ...host,
        get ended() {
            return host.ended;
        },
        own,
    };
}

/** QEMU chooses a free port itself and tells which. */
async function forward(monitor, address, port) {
    const said = await monitor.human(`hostfwd_add net tcp:127.0.0.1:0-${address}:${port}`);
    const rows = (await monitor.human("info usernet")).split("\n").map((line) => line.trim().split(/\s+/));
    const row = rows.find(
        ([kind, , , , to, toPort]) => kind === "TCP[HOST_FORWARD]" && to === address && Number(toPort) === port,
    );
    if (!row) throw new Error(`QEMU forwards no port to ${address}:${port}: ${said.trim()}`);
    return Number(row[3]);
}

const isUp = (host, timeout) =>
    until(host, timeout, () => readFileSync(path.join(host.own, "console"), "utf8").includes("xen host: up"));

async function until(host, milliseconds, done) {
    for (
        const end = Date.now() + milliseconds;
        !(await done());
        await new Promise((resolve) => setTimeout(resolve, 20))
    ) {
        const console = path.join(host.own ?? "", "console");
        const tail = () => (existsSync(console) ? readFileSync(console, "utf8").slice(-2000) : "");
        if (host.ended) throw new Error(`${host.ended}\n${tail()}`);
        if (Date.now() > end) throw new Error(`The Xen host was not up within ${milliseconds / 1000} s:\n${tail()}`);
    }
}

/**
 * The folder of the saved state, made where it is not there: memory as a file that each run maps for itself, the
 * devices as QEMU's migration stream, and the disk's changes since the build.
 */
async function savedState(folder, timeout) {
    const version = spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" }).stdout;
    const key = createHash("sha256")
        .update(JSON.stringify([version, MACHINE]))
        .digest("hex")
        .slice(0, 12);
    const target = path.join(folder, `saved-${key}`);
    if (existsSync(target)) return target;
    const scratch = mkdtempSync(path.join(folder, "saving-"));
    const own = mkdtempSync(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
    try {
        await save(folder, scratch, own, timeout);
        renameSync(scratch, target);
    } catch (error) {
        if (!existsSync(target)) throw error;
    } finally {
        for (const each of [own, scratch]) rmSync(each, { recursive: true, force: true });
    }
    return target;
}

async function save(folder, scratch, own, timeout) {
    const disk = path.join(scratch, "disk.qcow2");
    const made = spawnSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", "../dom0.ext4", disk], {
        encoding: "utf8",
    });
    if (made.status !== 0) throw new Error(`qemu-img: ${made.stderr}`);
    const memory = path.join(scratch, "memory");
    const host = await start(folder, own, [
        "-object",
        `memory-backend-file,id=memory,size=${MEMORY}M,mem-path=${memory},share=on`,
        "-drive",
        `file=${disk},format=qcow2,if=none,id=disk`,
    ]);
    try {
        await isUp(host, timeout);
        const { execute } = host.monitor;
        await execute("migrate-set-capabilities", MEMORY_APART);
        await execute("migrate", { uri: `exec:cat > ${path.relative(folder, path.join(scratch, "devices"))}` });
        await until(host, 60_000, async () => {
            const { status } = await execute("query-migrate");
            if (status === "failed") throw new Error("QEMU could not save the Xen host's state");
            return status === "completed";
        });
    } finally {
        await host.stop();
    }
    // Pages that hold nothing take no room.
    spawnSync("fallocate", ["--dig-holes", memory]);
    writeFileSync(path.join(scratch, "README"), "The state of a Xen host that is up; made anew when it is deleted.\n");
}

/** Removes what runs that were killed left: names carry the pid of a process that is gone. */
function sweep() {
    for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
        const pid = Number(name.slice(PREFIX.length).split("-")[0]);
        if (pid > 0 && !lives(pid)) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
    }
}

/** A process, not a thread of another, and not one that merely nobody has waited for. */
function lives(pid) {
    try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        return status.includes(`\nTgid:\t${pid}\n`) && !/^State:\s+Z/m.test(status);
    } catch {
        return false;
    }
}
