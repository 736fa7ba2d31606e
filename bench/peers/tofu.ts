import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { capture, type ExecResult } from "../../tests/support/processes";
import { timed } from "../figure";
import { commandLine, MEMORY } from "./definition";
import { MORE, PARALLEL, type Peer } from "./peer";
import type { Programs } from "./programs";

/** A disk and an interface for the guests, and what a provider without such an argument takes as a stylesheet. */
export interface Extras {
    disk?: { pool: string; source: string };
    network?: string;
    xslt?: string;
}

/** Return the configuration in OpenTofu's JSON syntax (opentofu.org/docs/language/syntax/json). */
export function configuration(uri: string, kernel: string, { disk, network, xslt }: Extras = {}): object {
    return {
        terraform: { required_providers: { libvirt: { source: "dmacvicar/libvirt" } } },
        variable: { guests: { type: "number" }, round: { type: "string" } },
        provider: { libvirt: { uri } },
        resource: {
            ...(disk ? { libvirt_volume: { disk: { name: "disk", format: "raw", ...disk } } } : {}),
            libvirt_domain: {
                guest: {
                    count: "${var.guests}",
                    name: "guest-${count.index}",
                    type: "qemu",
                    memory: MEMORY,
                    vcpu: 1,
                    kernel,
                    // "_" is an argument without a key.
                    cmdline: [{ _: commandLine("${var.round}") }],
                    console: [{ type: "pty", target_type: "serial", target_port: "0" }],
                    ...(disk ? { disk: [{ volume_id: "${libvirt_volume.disk.id}" }] } : {}),
                    ...(network ? { network_interface: [{ network_name: network }] } : {}),
                    ...(xslt ? { xml: { xslt } } : {}),
                },
            },
        },
    };
}

/** OpenTofu in a folder of its own, with the provider that was built; `tofu init` has nothing to fetch. */
export class Tofu {
    constructor(
        private readonly programs: Programs,
        private readonly folder: string,
    ) {}

    async configure(config: object): Promise<void> {
        await writeFile(join(this.folder, "main.tf.json"), JSON.stringify(config, null, 2));
        // opentofu.org/docs/cli/config/config-file: development overrides.
        await writeFile(
            join(this.folder, "cli.tofurc"),
            `provider_installation {\n  dev_overrides {\n    "dmacvicar/libvirt" = ${JSON.stringify(this.programs.provider.folder)}\n  }\n}\n`,
        );
    }

    try(command: "plan" | "apply" | "destroy", guests: number, round: string): Promise<ExecResult> {
        const args = [
            command,
            ...(command === "plan" ? ["-detailed-exitcode"] : ["-auto-approve"]),
            "-input=false",
            "-no-color",
            `-parallelism=${PARALLEL}`,
            `-var=guests=${guests}`,
            `-var=round=${round}`,
        ];
        return capture(this.programs.tofu.program, args, {
            cwd: this.folder,
            env: { TF_CLI_CONFIG_FILE: join(this.folder, "cli.tofurc"), CHECKPOINT_DISABLE: "1" },
        });
    }

    /** Run a command that must succeed; a plan must also have nothing to do. @returns seconds */
    async run(command: "plan" | "apply" | "destroy", guests: number, round: string): Promise<number> {
        const { seconds, result } = await timed(() => this.try(command, guests, round));
        if (result.code !== 0)
            throw new Error(`tofu ${command} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
        return seconds;
    }
}

/** OpenTofu with dmacvicar/libvirt. */
export const tofu = (programs: Programs): Peer => ({
    name: "OpenTofu",
    async live({ host, kernel, guests, folder }, up) {
        const tool = new Tofu(programs, folder);
        await tool.configure(configuration(host.uri, kernel));
        try {
            const create = await tool.run("apply", guests, "0");
            await up(guests);
            const unchanged = await tool.run("plan", guests, "0");
            const change = await tool.run("apply", guests, "1");
            const more = await tool.run("apply", guests + MORE, "1");
            await up(guests + MORE);
            const destroy = await tool.run("destroy", guests + MORE, "1");
            return { create, unchanged, change, more, destroy };
        } finally {
            // Its state, so that the next run begins with nothing.
            await rm(folder, { recursive: true, force: true });
        }
    },
});
