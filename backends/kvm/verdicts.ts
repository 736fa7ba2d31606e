import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../localFiles";

import type { HostInfo } from "../libvirt/host";

/** The result of a probe of an accelerator of a host, cached between runs. */
export interface Verdict {
    booted: boolean;
    because?: string;
}

const DAY = 24 * 3600_000;
/** Lifetime of a failure: short, so that a repaired host is soon noticed. Milliseconds. */
const QUARTER_HOUR = 900_000;

/** Return a cached result; undefined where there is none, or it is too old, or belongs to another QEMU or kernel. */
export async function readVerdict(info: HostInfo, accelerator: "kvm" | "tcg" = "kvm"): Promise<Verdict | undefined> {
    try {
        const { booted, because, at } = JSON.parse(await readFile(file(info, accelerator), "utf8")) as Verdict & {
            at: number;
        };
        const age = Date.now() - at;
        return age >= 0 && age < (booted ? DAY : QUARTER_HOUR) ? { booted, because } : undefined;
    } catch {
        return undefined;
    }
}

/** Cache a result. Failures are ignored: they cost only another probe. */
export async function writeVerdict(
    info: HostInfo,
    { booted, because }: Verdict,
    accelerator: "kvm" | "tcg" = "kvm",
): Promise<void> {
    const path = file(info, accelerator);
    const temporary = `${path}.${randomBytes(6).toString("hex")}`;
    try {
        await mkdir(cacheFolder("accelerators"), { recursive: true, mode: 0o700 });
        await writeFile(temporary, JSON.stringify({ booted, because, at: Date.now() }), { mode: 0o600 });
        await rename(temporary, path);
    } catch {
        /* see above */
    }
}

function file(
    { uuid, libvirtVersion, hypervisorVersion, local, session }: HostInfo,
    accelerator: "kvm" | "tcg",
): string {
    const key = JSON.stringify([
        uuid,
        libvirtVersion,
        hypervisorVersion,
        session,
        local ? release() : "",
        ...(accelerator === "kvm" ? [] : [accelerator]),
    ]);
    return join(cacheFolder("accelerators"), `${createHash("sha256").update(key).digest("hex").slice(0, 16)}.json`);
}
