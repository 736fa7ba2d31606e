import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { timed } from "./figure";
import type { Place } from "./place";
import { limitSpeed, type Speed, type SpeedLimit } from "./speedLimit";

const MIB = 2 ** 20;
const MEMORY = "/dev/shm";
const run = promisify(execFile);

/** A loop device in memory, which stands for a stick. */
export class Stick {
    private constructor(
        private readonly node: string,
        /** Its name in /dev/disk/by-id. */
        readonly name: string,
        private readonly size: number,
        /** The file by which a process comes under the limit of its speed; undefined: the device is not slowed down. */
        readonly limit?: SpeedLimit,
    ) {}

    /** @param size bytes @param speed undefined: as fast as memory */
    static async plugIn(place: Place, size: number, speed?: Speed): Promise<Stick> {
        const file = join(existsSync(MEMORY) ? MEMORY : place.folder, `pulumi-unikernel-bench-${process.pid}`);
        writeFileSync(file, "");
        truncateSync(file, Math.ceil(size / MIB) * MIB + MIB);
        const node = (await run("losetup", ["--find", "--show", file])).stdout.trim();
        // The device keeps it. Nothing is left of it when the device ends.
        rmSync(file);
        const name = join("/dev/disk/by-id", `usb-pulumi-unikernel-bench-${process.pid}`);
        mkdirSync("/dev/disk/by-id", { recursive: true });
        symlinkSync(node, name);
        return new Stick(node, name, size, speed && limitSpeed(node, speed));
    }

    /** Fill it with data everywhere, as on a used stick, at full speed. */
    async fill(): Promise<void> {
        const count = `count=${Math.floor(this.size / MIB)}`;
        await run("dd", ["if=/dev/urandom", `of=${this.node}`, "bs=1M", "oflag=direct", "status=none", count]);
    }

    /** Return the seconds in which dd writes an image to it. */
    ddWrite(image: string): Promise<number> {
        return this.dd(`if=${image}`, `of=${this.node}`, "oflag=direct", "conv=fsync");
    }

    /** Return the seconds in which dd reads an image from it. */
    ddRead(): Promise<number> {
        return this.dd(`if=${this.node}`, "of=/dev/null", "iflag=direct,count_bytes", `count=${this.size}`);
    }

    async pullOut(): Promise<void> {
        this.limit?.remove();
        rmSync(this.name, { force: true });
        await run("losetup", ["--detach", this.node]);
    }

    private async dd(...args: string[]): Promise<number> {
        const join = 'echo $$ >"$1" && shift && exec "$@"';
        const dd = ["dd", "bs=4M", "status=none", ...args];
        const [program = "dd", ...rest] = this.limit ? ["sh", "-c", join, "sh", this.limit.procs, ...dd] : dd;
        return (await timed(() => run(program, rest))).seconds;
    }
}
