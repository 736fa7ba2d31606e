import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logicalName } from "../../model";
import type { Run, Stack, StackOptions } from "../support/engine";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { onHost } from "./onHost";

/** A member, as a fleet has it among its outputs. */
export interface Member {
    name: string;
    uuid: string;
    host: string;
    addresses: string[];
    endpoints: object[];
}

/** Who declares the fleet: the package's class by a function or by a template, or the plugin. */
export type By = "function" | "template" | "plugin";

/** A stack of programs/fleet on a libvirt host of the test's own, which removes the guests in the end. */
export class Fleets {
    private constructor(
        readonly stack: Stack,
        readonly host: LibvirtHost,
    ) {}

    static async with(
        host: LibvirtHost,
        name: string,
        body: (fleets: Fleets) => Promise<void>,
        options: StackOptions = {},
    ): Promise<void> {
        await withStack("tests/plugin/programs/fleet", name, (stack) => body(new Fleets(stack, host)), {
            parallel: 16,
            leave: true,
            ...(await onHost(host, options)),
        });
    }

    /** Set what the next run declares. A value `{ secret: … }` becomes a secret, `{ later: … }` one of a resource. */
    async declare(
        by: By,
        args: object,
        { name = "web", ...options }: { name?: string } & Record<string, unknown> = {},
    ): Promise<void> {
        await writeFile(join(this.stack.folder, "declared.json"), JSON.stringify({ by, name, options, args }));
    }

    async members(): Promise<Member[]> {
        return (await this.stack.outputs<{ members: Member[] }>()).members;
    }

    /** Each guest's process on the host, by the logical name of the guest. */
    async processes(): Promise<Record<string, string>> {
        const { resources } = await this.stack.exportState();
        const guests = resources.filter(({ type }) => type.endsWith(":Unikernel"));
        const found = await Promise.all(
            guests.map(async ({ urn, outputs }) => [
                logicalName(urn),
                `${String(outputs?.uuid)} ${await this.host.guestProcess(String(outputs?.name))}`,
            ]),
        );
        return Object.fromEntries(found);
    }

    /** The MAC address of each interface, by its logical name. */
    async macs(): Promise<Record<string, unknown>> {
        const { resources } = await this.stack.exportState();
        const cards = resources.filter(({ type }) => type.endsWith(":NetworkInterface"));
        return Object.fromEntries(cards.map(({ urn, outputs }) => [logicalName(urn), outputs?.mac]));
    }
}

/** What happened to each resource: its last step. */
export const opsOf = ({ steps }: Run): Record<string, string> =>
    Object.fromEntries(steps.map(({ op, urn, type }) => [`${type.split(":").at(-1)} ${logicalName(urn)}`, op]));
