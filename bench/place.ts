import { chmodSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LibvirtHost, startLibvirtHost } from "../tests/support/libvirtHost";
import { startXenHost, type XenHost } from "../tests/support/xenHost";

/** Resources that the parts share: a scratch folder, and private hosts that start at first use. */
export class Place {
    private started?: Promise<LibvirtHost>;
    private xen?: Promise<XenHost>;

    private constructor(
        readonly folder: string,
        readonly log: (line: string) => void,
    ) {}

    static async make(log: (line: string) => void): Promise<Place> {
        const folder = await mkdtemp(join(tmpdir(), "puk-bench-"));
        // The qemu user must be able to pass through it.
        chmodSync(folder, 0o755);
        return new Place(folder, log);
    }

    host(): Promise<LibvirtHost> {
        return (this.started ??= startLibvirtHost());
    }

    xenHost(): Promise<XenHost> {
        return (this.xen ??= startXenHost());
    }

    /** Return the test kernel, which runs until it is stopped. */
    async kernel(): Promise<string> {
        const { buildTestKernels } = await import("../tests/guests/build.mjs");
        return (await buildTestKernels()).testKernel;
    }

    async close(): Promise<void> {
        await Promise.all([this.started?.then((host) => host.close()), this.xen?.then((host) => host.stop())]);
        await rm(this.folder, { recursive: true, force: true });
    }
}
