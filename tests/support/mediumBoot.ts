import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, getOnce } from "./http";
import { HANG_MS } from "./time";

/** How a machine boots the medium: firmware and kind of drive. */
export type Way = "bios-cd" | "bios-usb" | "bios-sata" | "uefi-cd" | "uefi-usb" | "uefi-sata";
export type Nic = "e1000e" | "virtio" | "e1000";

export interface MediumBootOptions {
    /** Path of the image, which is never written. */
    image: string;
    way: Way;
    /** One network card, on QEMU's own network, closed to the outside. Left out: none. */
    nic?: Nic;
    /** MiB. @default 64 under BIOS, 256 under UEFI */
    memory?: number;
    /** The first serial port. @default true */
    serial?: boolean;
    /** A file with the image of another disk, which comes first in the order of devices. */
    otherDisk?: string;
    /** Milliseconds after which QEMU is killed in any case. @default 120000 */
    lifetime?: number;
}

export interface BootedMedium {
    /** Return the output of COM1 so far, without carriage returns and terminal escapes. */
    console(): Promise<string>;
    /**
     * Wait for a text on the console.
     * @returns the console. Rejects with the console after the time, or when QEMU ends
     */
    until(text: string, milliseconds?: number): Promise<string>;
    /** Return the text-mode screen (BIOS), as lines without trailing blanks. */
    screen(): Promise<string>;
    /** Wait for a text on the text-mode screen (BIOS). Rejects with the screen after the time, or when QEMU ends. */
    untilScreen(text: string, milliseconds?: number): Promise<void>;
    /**
     * GET on the guest's port 80, repeated until it answers with 200; needs `nic`. Rejects with the console after the
     * time.
     */
    fetch(url: string, milliseconds?: number): Promise<string>;
    /** Run one command of QEMU's human monitor. @returns its output */
    monitor(command: string): Promise<string>;
    /** Remove the medium: the stick is unplugged, the CD ejected by force. Throws for a SATA disk. */
    pull(): Promise<void>;
}

const FIRMWARE = [
    "/usr/share/ovmf/OVMF.fd",
    "/usr/share/OVMF/OVMF.fd",
    "/usr/share/edk2/ovmf/OVMF.fd",
    "/usr/share/edk2/x64/OVMF.4m.fd",
];

/** Boot a medium in plain QEMU under emulation. What still runs at the end of `body` is killed. */
export async function withMedium<T>(
    options: MediumBootOptions,
    body: (booted: BootedMedium) => Promise<T>,
): Promise<T> {
    const { execa } = await import("execa");
    const folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-medium-"));
    const [log, socket] = [join(folder, "console"), join(folder, "monitor")];
    const port = options.nic === undefined ? 0 : await freePort();
    const qemu = execa(
        "qemu-system-x86_64",
        [
            ...(await machine(options, port)),
            "-serial",
            options.serial === false ? "none" : `file:${log}`,
            "-monitor",
            `unix:${socket},server,nowait`,
        ],
        {
            reject: false,
            timeout: options.lifetime ?? 120_000,
            killSignal: "SIGKILL",
            stdin: "ignore",
            cleanup: true,
        },
    );
    let ended: string | undefined;
    const end = qemu.then((result) => {
        ended = result.stderr || `exit code ${result.exitCode}`;
    });
    const text = async (): Promise<string> => plain(await readFile(log, "utf8").catch(() => ""));
    const failed = async (what: string, output?: string): Promise<Error> =>
        new Error(`${what} (QEMU ${ended ?? "runs"}):\n${output ?? (await text())}`);
    const screen = async (): Promise<string> => textScreen(await ask(socket, "xp /2000hx 0xb8000"));
    try {
        // QEMU opens the socket before it starts the machine.
        for (const last = Date.now() + HANG_MS; ended === undefined && !(await exists(socket)) && Date.now() < last; )
            await sleep(10);
        return await body({
            console: text,
            async until(wanted, milliseconds = HANG_MS) {
                for (const last = Date.now() + milliseconds; ; await sleep(50)) {
                    const now = await text();
                    if (now.includes(wanted)) return now;
                    if (ended !== undefined || Date.now() > last) throw await failed(`no "${wanted}" on the console`);
                }
            },
            async fetch(url, milliseconds = HANG_MS) {
                for (
                    const last = Date.now() + milliseconds;
                    Date.now() < last && ended === undefined;
                    await sleep(50)
                ) {
                    const page = await getOnce(`http://127.0.0.1:${port}${url}`, 1000);
                    if (page !== undefined) return page;
                }
                throw await failed(`${url} did not answer with 200`);
            },
            monitor: (command) => ask(socket, command),
            screen,
            async untilScreen(wanted, milliseconds = HANG_MS) {
                for (const last = Date.now() + milliseconds; ; await sleep(100)) {
                    // QEMU refuses a connection between its bind(2) and its listen(2).
                    const now = await screen().catch((error: Error) => error.message);
                    if (now.includes(wanted)) return;
                    if (ended !== undefined || Date.now() > last)
                        throw await failed(`no "${wanted}" on the screen`, now);
                }
            },
            async pull() {
                if (options.way.endsWith("-sata")) throw new Error("a SATA disk is not pulled out");
                await ask(socket, options.way.endsWith("-cd") ? "eject -f medium" : "device_del stick");
            },
        });
    } finally {
        qemu.kill("SIGKILL");
        await end;
        await rm(folder, { recursive: true, force: true });
    }
}

async function machine({ image, way, nic, memory, otherDisk }: MediumBootOptions, port: number): Promise<string[]> {
    const [firmware, device] = way.split("-") as ["bios" | "uefi", "cd" | "usb" | "sata"];
    const models: Record<Nic, string> = { e1000e: "e1000e", virtio: "virtio-net-pci", e1000: "e1000" };
    const file = (path: string): string => path.replaceAll(",", ",,");
    const drives: Record<typeof device, string[]> = {
        cd: [
            "-drive",
            `if=none,id=medium,media=cdrom,format=raw,readonly=on,file=${file(image)}`,
            "-device",
            "ide-cd,drive=medium,bus=ide.1,bootindex=0",
        ],
        usb: [
            "-drive",
            `if=none,id=medium,format=raw,readonly=on,file=${file(image)}`,
            "-device",
            "qemu-xhci,id=xhci",
            "-device",
            "usb-storage,id=stick,bus=xhci.0,drive=medium,removable=on,bootindex=0",
        ],
        // QEMU does not support a read-only disk here, so writes go to a temporary snapshot.
        sata: [
            "-drive",
            `if=none,id=medium,format=raw,snapshot=on,file=${file(image)}`,
            "-device",
            "ide-hd,drive=medium,bus=ide.1,bootindex=0",
        ],
    };
    return [
        "-accel",
        "tcg",
        "-machine",
        firmware === "uefi" || device === "sata" ? "q35" : "pc",
        "-m",
        String(memory ?? (firmware === "uefi" ? 256 : 64)),
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-vga",
        "std",
        "-no-reboot",
        ...(firmware === "uefi" ? ["-bios", await firstOf(FIRMWARE)] : []),
        ...(otherDisk === undefined
            ? []
            : [
                  "-drive",
                  `if=none,id=other,format=raw,snapshot=on,file=${file(otherDisk)}`,
                  "-device",
                  "ide-hd,drive=other,bus=ide.0",
              ]),
        ...drives[device],
        ...(nic === undefined
            ? []
            : [
                  "-netdev",
                  `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:80`,
                  "-device",
                  `${models[nic]},netdev=net,romfile=`,
              ]),
    ];
}

const exists = (path: string): Promise<boolean> =>
    access(path).then(
        () => true,
        () => false,
    );

async function firstOf(paths: string[]): Promise<string> {
    for (const path of paths) if (await exists(path)) return path;
    throw new Error(`no UEFI firmware for QEMU: install ovmf (looked for ${paths.join(", ")})`);
}

/** Remove the escapes with which firmware and boot loader move the cursor and set colours (ECMA-48). */
function plain(text: string): string {
    return text.replace(/\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()c78].?|\r/g, "");
}

/** Decode a dump by QEMU's `xp` of the VGA's text mode: 80 columns of character and colour. */
function textScreen(dump: string): string {
    const cells = [...dump.matchAll(/0x[0-9a-f]{2}([0-9a-f]{2})\b(?!:)/g)].map(([, code]) =>
        String.fromCharCode(parseInt(code!, 16)),
    );
    return (cells.join("").match(/.{1,80}/gs) ?? [])
        .map((line) => line.trimEnd())
        .join("\n")
        .trimEnd();
}

function ask(socket: string, command: string): Promise<string> {
    return new Promise((resolve, reject) => {
        let said = "";
        const connection = connect(socket)
            .on("error", reject)
            .on("close", () =>
                resolve(
                    said
                        .replace(/^.*\n\(qemu\)/, "")
                        .replace(/\(qemu\)\s*$/, "")
                        .trim(),
                ),
            );
        connection.on("data", (chunk: Buffer) => {
            said += chunk.toString("utf8");
            // One prompt follows the greeting, one the command.
            if (said.split("(qemu)").length > 2) connection.end();
        });
        connection.write(`${command}\n`);
    });
}
