import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack, StackOptions } from "../support/engine";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { onHost } from "./onHost";

/** Who serves the resources of a program. */
export type By = "dynamic" | "plugin";

/** A stack of programs/either on a libvirt host of the test's own. */
export class Either {
    private declared = {
        by: "dynamic" as By,
        guests: {} as Record<string, object>,
        images: {} as Record<string, object>,
        options: {} as Record<string, object>,
        networks: {} as Record<string, object>,
    };

    private constructor(
        readonly stack: Stack,
        readonly host: LibvirtHost,
    ) {}

    static async with(
        host: LibvirtHost,
        name: string,
        body: (either: Either) => Promise<void>,
        options: StackOptions = {},
    ): Promise<void> {
        await withStack(
            "tests/plugin/programs/either",
            name,
            (stack) => body(new Either(stack, host)),
            await onHost(host, options),
        );
    }

    /** What the next run declares; `options` are those of Pulumi, by logical name. A value `{ secret: "text" }` becomes a secret. */
    async declare(
        by: By,
        guests: Record<string, object>,
        images: Record<string, object> = {},
        options: Record<string, object> = {},
        networks: Record<string, object> = {},
    ): Promise<void> {
        this.declared = { by, guests, images, options, networks };
        await writeFile(join(this.stack.folder, "declared.json"), JSON.stringify(this.declared));
    }

    /** The same by another host. */
    async by(by: By): Promise<void> {
        const { guests, images, options, networks } = this.declared;
        await this.declare(by, guests, images, options, networks);
    }

    /** Each running guest's process, as no restart leaves it: its number, and when it was started. */
    async boots(): Promise<string[]> {
        const { stdout } = await this.host.exec("pgrep", ["-f", `guest=.*${this.host.folder}`]);
        const pids = stdout.trim().split("\n").filter(Boolean);
        // Field 22 of proc(5)'s stat, counted behind the name in brackets.
        const stats = await Promise.all(
            pids.map(async (pid) => (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ")),
        );
        return pids.map((pid, index) => `${pid} since ${stats[index]?.[19]}`).sort();
    }

    /** What a resource is on the host, by its logical name. */
    async identities(): Promise<Record<string, { name: string; uuid?: unknown; digest?: unknown }>> {
        const { resources } = await this.stack.exportState();
        return Object.fromEntries(
            resources
                .filter(({ type }) => /unikernel:(index:)?\w+$/.test(type) && !type.startsWith("pulumi:"))
                .map(({ urn, id, outputs }) => [
                    urn.split("::").at(-1),
                    {
                        id,
                        uuid: outputs?.uuid,
                        name: String(outputs?.name),
                        mac: outputs?.mac,
                        attach: outputs?.attach,
                        digest: outputs?.digest,
                    },
                ]),
        );
    }

    /** What every guest has printed since it was started, by uuid. */
    async consoles(): Promise<Record<string, string>> {
        const folder = this.host.env.PULUMI_UNIKERNEL_DIR;
        const files = (await readdir(folder, { recursive: true }))
            .filter((file) => file.endsWith("console.log"))
            .sort();
        return Object.fromEntries(
            await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file), "utf8")])),
        );
    }
}
