import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { archive } from "../../guests/linux/cpio";
import type { ConsoleVerdict, MediumBoot, Platform } from "../../model";
import { freePort, getOnce } from "./http";
import { type PlanOptions, testPlan } from "./plans";
import { HANG_MS } from "./time";

/** Build the nginx guest: `vmlinuz` and `initrd`. */
export async function nginxGuest(platform: Platform = "kvm"): Promise<{ kernel: string; initrd: string }> {
    const { buildGuest } = await import("../../tools/nginx-guest/build.mjs");
    const { folder } = buildGuest();
    return { kernel: path.join(folder, platform, "vmlinuz"), initrd: path.join(folder, platform, "initrd") };
}

export interface LinuxRun {
    /** Return the console output so far, without carriage returns. */
    console(): Promise<string>;
    verdict(): Promise<ConsoleVerdict>;
    /** GET on the guest's port 80, repeated until it answers with 200. */
    fetch(url: string): Promise<string>;
    /** Press the machine's power button. */
    pressPowerButton(): void;
    /** QEMU's exit code; settles when QEMU ends. */
    ended: Promise<number>;
}

type GuestOptions = Omit<PlanOptions, "connection" | "name" | "kernel"> & {
    qemu?: string[];
    /** QEMU's device for each interface, `null` for none. @default virtio-net-pci with the interface's MAC */
    cards?: (string | null)[];
};

/**
 * Boot the nginx guest in plain QEMU with a configuration by the linux ABI. The network is QEMU's own, closed to the
 * outside. What still runs at the end of `body` is killed. For platform iso, QEMU loads kernel and initramfs in place
 * of a boot loader, with the data images inside.
 */
export async function withLinuxGuest<T>(options: GuestOptions, body: (run: LinuxRun) => Promise<T>): Promise<T> {
    const { execa } = await import("execa");
    const { qemu = [], cards = [], ...plan } = options;
    const platform = plan.platform === "iso" ? "iso" : "kvm";
    const folder = await mkdtemp(path.join(tmpdir(), "pulumi-unikernel-linux-"));
    const { boot, spec, readConsole, blockFiles } = await testPlan({
        connection: "none",
        name: "test",
        guest: "linux",
        memory: platform === "iso" ? 256 : 96,
        ...(await nginxGuest(platform)),
        ...plan,
    });
    const initrd = path.join(folder, "initrd");
    const log = path.join(folder, "console");
    const parts = await Promise.all(boot.initrd.map((part) => ("file" in part ? readFile(part.file) : part.bytes)));
    await writeFile(initrd, Buffer.concat([...parts, await imagesArchive(boot.medium, blockFiles)]));
    const port = await freePort();
    const child = execa(
        "qemu-system-x86_64",
        [
            "-accel",
            "tcg",
            "-M",
            "pc",
            "-m",
            String(spec.memory),
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
            "-monitor",
            "stdio",
            "-serial",
            `file:${log}`,
            "-kernel",
            spec.kernel,
            "-initrd",
            initrd,
            "-append",
            boot.cmdline,
            ...spec.interfaces.flatMap(({ mac }, index) =>
                cards[index] === null
                    ? []
                    : [
                          "-netdev",
                          `user,id=n${index},restrict=on${index === 0 ? `,hostfwd=tcp:127.0.0.1:${port}-:80` : ""}`,
                          "-device",
                          `${cards[index] ?? `virtio-net-pci,mac=${mac}`},netdev=n${index},romfile=`,
                      ],
            ),
            ...(boot.medium ? [] : blockFiles).flatMap((file, index) => [
                "-drive",
                `if=none,id=d${index},format=raw,file=${file},readonly=${spec.blocks[index]!.access === "read" ? "on" : "off"}`,
                "-device",
                `virtio-blk-pci,drive=d${index}`,
            ]),
            ...qemu,
        ],
        { reject: false, timeout: HANG_MS, killSignal: "SIGKILL" },
    );
    const consoleText = async (): Promise<string> =>
        (await readFile(log, "latin1").catch(() => "")).replaceAll("\r", "");
    try {
        return await body({
            console: consoleText,
            verdict: async () => readConsole(await consoleText()),
            fetch: (url) => fetchUntil(`http://127.0.0.1:${port}${url}`),
            pressPowerButton: () => void child.stdin.write("system_powerdown\n"),
            ended: child.then((result) => result.exitCode ?? -1),
        });
    } finally {
        child.kill("SIGKILL");
        await child;
        await rm(folder, { recursive: true });
    }
}

/** Build the archive that a boot loader makes of the images. */
async function imagesArchive(medium: MediumBoot | undefined, files: string[]): Promise<Uint8Array> {
    if (!medium?.blocks.length) return new Uint8Array();
    return archive(
        await Promise.all(
            medium.blocks.map(async ({ path: place }, index) => ({
                path: place.slice(1),
                content: await readFile(files[index]!),
                mode: 0o644,
            })),
        ),
    );
}

/** Repeat short tries: with a long one, a lost first packet costs a second. */
async function fetchUntil(url: string): Promise<string> {
    for (const end = Date.now() + HANG_MS; Date.now() < end; await sleep(20)) {
        const body = await getOnce(url, 200);
        if (body !== undefined) return body;
    }
    throw new Error(`${url} did not answer with 200 within ${HANG_MS / 1000} s`);
}
