import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "../support/engine";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { must } from "../support/processes";

/** What programs/guests exports for each guest. */
export interface GuestOutput {
    uuid: string;
    name: string;
    state: string;
    consequence: string;
}

export const READY = { console: "test kernel ready", timeout: 60 };

/** The builders are ES modules, which jest does not load. */
function builtBy(module: string, call: string): Promise<string> {
    const file = join(__dirname, "../..", module);
    return must(process.execPath, [
        "--input-type=module",
        "--eval",
        `import * as m from ${JSON.stringify(file)}; process.stdout.write(${call});`,
        "builder",
    ]);
}

export function testKernel(): Promise<string> {
    return builtBy("tests/guests/build.mjs", "(await m.buildTestKernels()).testKernel");
}

/** The folder of the nginx guest, built where it is not yet. */
export function nginxGuest(): Promise<string> {
    return builtBy("tools/nginx-guest/build.mjs", "m.buildGuest().folder");
}

/** Set what the next run of programs/guests declares. */
export function declareGuests(
    stack: Stack,
    guests: Record<string, object>,
    images: Record<string, object> = {},
): Promise<void> {
    return writeFile(join(stack.folder, "declared.json"), JSON.stringify({ guests, images }));
}

/** A stack of programs/guests on a libvirt host of the test's own. */
export class Guests {
    private constructor(
        readonly stack: Stack,
        readonly host: LibvirtHost,
    ) {}

    static async with(host: LibvirtHost, name: string, body: (guests: Guests) => Promise<void>): Promise<void> {
        const config = { connection: host.uri, kernel: await testKernel() };
        await withStack("tests/e2e/programs/guests", name, (stack) => body(new Guests(stack, host)), {
            enter: host.enter,
            env: { ...host.env },
            config,
            parallel: 16,
        });
    }

    /** Set what the next run declares. */
    declare(guests: Record<string, object>, images: Record<string, object> = {}): Promise<void> {
        return declareGuests(this.stack, guests, images);
    }

    outputs(): Promise<Record<string, GuestOutput>> {
        return this.stack.outputs();
    }

    /** What the host has, by name, as virsh says it. */
    async onHost(): Promise<string[]> {
        const names = await this.host.virsh("list", "--all", "--name");
        return names
            .split("\n")
            .map((name) => name.trim())
            .filter(Boolean)
            .sort();
    }

    async running(): Promise<string[]> {
        const names = await this.host.virsh("list", "--name");
        return names
            .split("\n")
            .map((name) => name.trim())
            .filter(Boolean)
            .sort();
    }

    /** The console of the present boot. */
    async console({ uuid }: { uuid: string }): Promise<string> {
        return readFile(join(this.host.env.PULUMI_UNIKERNEL_DIR, uuid, "console.log"), "utf8");
    }

    /** Files of all guests that the host still holds. */
    async files(): Promise<string[]> {
        return readdir(this.host.env.PULUMI_UNIKERNEL_DIR, { recursive: true }).catch(() => []);
    }
}
