import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

/** The nginx guest of tools/nginx-guest, as arguments of a Unikernel. */
export interface NginxGuest {
    kernel: string;
    initrd: string;
    guest: string;
    args: string[];
}

export async function nginxGuest(scratch: string, platform: "kvm" | "iso" = "kvm"): Promise<NginxGuest> {
    const folder = join(scratch, "nginx");
    await promisify(execFile)(process.execPath, [
        resolve(__dirname, "..", "tools", "nginx-guest", "build.mjs"),
        "--output",
        folder,
    ]);
    return {
        kernel: join(folder, platform, "vmlinuz"),
        initrd: join(folder, platform, "initrd"),
        guest: "linux",
        args: ["nginx"],
    };
}
