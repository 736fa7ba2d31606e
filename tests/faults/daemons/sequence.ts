import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningRun, Stack } from "../../support/engine";
import type { LibvirtHost } from "../../support/libvirtHost";
import { signalQuietly } from "../../support/processes";
import { type Change, change, emptyProgram } from "../memory/program";
import { differences } from "./compare";
import { type Boot, configurationOf } from "./declared";
import type { FarHost } from "./farHost";

/** One round: changes, a run that is disturbed, what others do then, and a run that is to mend all of it. */
export interface Round {
    changes: Change[];
    disturbance: keyof typeof DISTURBANCES;
    /** Milliseconds from the start of the provider to the disturbance. */
    after: number;
    edits: { act: keyof typeof EDITS; which: number }[];
    /** State is that of the round before. */
    restored: boolean;
}

interface Place {
    hosts: LibvirtHost[];
    far: FarHost;
    stack: Stack;
    run: RunningRun;
}

/** What happens to a run of the engine. */
export const DISTURBANCES = {
    nothing: async () => undefined,
    "the provider is killed": async ({ run }: Place) => {
        for (const pid of providersOf(run.pid)) signalQuietly(pid, "SIGKILL");
    },
    "the engine is killed": async ({ run }: Place) => run.kill("SIGKILL"),
    "a daemon is killed, and started again": async ({ hosts, run }: Place) => {
        await hosts[0]!.killDaemon();
        await run.ended;
        await hosts[0]!.startDaemon();
    },
    "the far host's disk is full": ({ far, run }: Place) => far.full(run.ended),
    "the far host's disk is slow": ({ far, run }: Place) => far.slow(run.ended),
    "the far host's ssh is cut": ({ far, run }: Place) => far.cut(run.ended),
    "the far host's folder is unmounted": ({ far, run }: Place) => far.unmounted(() => run.ended),
    "another run begins after a forced cancel": async ({ stack }: Place) => {
        await stack.cancel();
        await ended(stack, "up");
    },
};

/** What other programs and people do to a host between two runs. */
export const EDITS = {
    "destroys the domain": (host: LibvirtHost, name: string) => host.virsh("destroy", name),
    "saves the domain": (host: LibvirtHost, name: string) => host.virsh("managedsave", name),
    "suspends the domain": (host: LibvirtHost, name: string) => host.virsh("suspend", name),
    "kills QEMU": async (host: LibvirtHost, name: string) => {
        const pid = Number(await host.guestProcess(name));
        // 0 is the group of this process itself.
        if (!(pid > 0)) throw new Error("no QEMU runs");
        signalQuietly(pid, "SIGKILL");
        // libvirtd notices it by the monitor's end.
        await sleep(500);
    },
    "gives the domain other memory": (host: LibvirtHost, name: string) =>
        host.virsh("setmaxmem", name, "256M", "--config"),
    "takes a snapshot with its memory": (host: LibvirtHost, name: string) =>
        host.virsh(
            ...["snapshot-create-as", name, "by-hand", "--memspec"],
            `file=${host.folder}/lib/snapshot-${name},snapshot=external`,
        ),
    "restarts the daemon": async (host: LibvirtHost) => {
        await host.stopDaemon();
        await host.startDaemon();
    },
};

/** A sequence of rounds by real engines over real daemons. */
export class DaemonSequence {
    readonly said: string[] = [];
    private readonly program = emptyProgram();
    private readonly counts = new Map<string, number>();
    private readonly states: string[] = [];

    constructor(
        private readonly stack: Stack,
        private readonly hosts: LibvirtHost[],
        private readonly far: FarHost,
        private readonly boot: Boot,
    ) {}

    async play(rounds: Round[]): Promise<void> {
        try {
            for (const round of rounds) await this.round(round);
            for (const declared of [this.program.networks, this.program.images, this.program.guests]) declared.clear();
            await this.declare();
            await this.up("destroy");
            await this.compare("after destroy, something is left");
        } catch (error) {
            if (error instanceof Error) error.message = `${error.message}\nafter:\n${this.said.join("\n")}`;
            throw error;
        }
    }

    private async round({ changes, disturbance, after, edits, restored }: Round): Promise<void> {
        const back = restored && this.states.length > 0;
        for (const one of changes) this.say(`change: ${change(this.program, one, this.hosts.length, back)}`);
        await this.declare();
        if (disturbance !== "nothing") {
            const run = await this.stack.start("up");
            await Promise.race([begun(run.pid).then(() => sleep(after)), run.ended]);
            this.say(`up, and after ${after} ms ${disturbance}`);
            await DISTURBANCES[disturbance]({ hosts: this.hosts, far: this.far, stack: this.stack, run });
            const { failed, text } = await run.ended;
            this.say(failed ? `  it failed: ${lastLines(text)}` : "  it had ended");
            await gone(run.pid);
            await this.stack.cancel().catch(() => undefined);
        }
        for (const edit of edits) await this.edit(edit);
        if (back) {
            this.say("state is restored from the round before");
            await this.stack.pulumi(["stack", "import", "--file", this.states.at(-1)!]);
        }
        if (edits.length > 0 || back || disturbance.endsWith("unmounted")) await this.refresh();
        await this.up("up", back || disturbance.startsWith("another run"));
        await this.compare("after up, the hosts are not as declared");
        this.states.push(await this.save());
    }

    private async edit({ act, which }: Round["edits"][number]): Promise<void> {
        const running = [...this.program.guests.values()];
        const guest = running[which % Math.max(1, running.length)];
        if (!guest) return;
        const name = `guest-${guest.number}`;
        const done = await EDITS[act](this.hosts[guest.host]!, name).then(
            () => "",
            (error: Error) => ` (not done: ${error.message.split("\n").at(-1)})`,
        );
        this.say(`another program ${act} of ${name}${done}`);
    }

    /** @param lost some of the state is lost, and the errors say how its guests are taken over */
    private async up(what: string, lost = false): Promise<void> {
        const { failed, text } = await ended(this.stack, "up");
        this.say(`${what}: ${failed ? lastLines(text) : "done"}`);
        if (!failed) return;
        if (!lost) throw new Error(`up failed:\n${text}`);
        await this.declare(true);
        await this.stack.up();
        await this.declare();
        this.say("up with adopt: done");
        await this.stack.up();
    }

    private async refresh(): Promise<void> {
        await this.stack.refresh({ args: ["--clear-pending-creates"] });
        this.say("refresh");
    }

    private async compare(what: string): Promise<void> {
        const found = await differences(this.hosts, this.program, this.counts);
        if (found.length > 0) throw new Error(`${what}:\n${found.join("\n")}`);
    }

    private async declare(adopt = false): Promise<void> {
        await this.stack.config("declared", JSON.stringify(configurationOf(this.program, this.boot, adopt)));
    }

    private async save(): Promise<string> {
        const file = `state-${this.states.length}.json`;
        await this.stack.pulumi(["stack", "export", "--file", file]);
        return file;
    }

    private say(text: string): void {
        this.said.push(text);
        process.stdout.write(`${text}\n`);
    }
}

/** Run to the end, whichever it is. */
async function ended(stack: Stack, command: "up"): Promise<{ failed: boolean; text: string }> {
    return (await stack.start(command)).ended;
}

/** Wait until an engine has started the provider. */
async function begun(engine: number): Promise<void> {
    for (let tries = 0; tries < 1200 && providersOf(engine).length === 0; tries++) await sleep(50);
}

/** Wait until the processes that an engine has started are gone. */
async function gone(engine: number): Promise<void> {
    for (let tries = 0; tries < 600 && providersOf(engine).length > 0; tries++) await sleep(50);
}

/** Return the processes with our provider in them that descend from a process. */
function providersOf(root: number): number[] {
    const parents = new Map<number, number>();
    for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
        const [, parent] = /^PPid:\s*(\d+)$/m.exec(read(`/proc/${name}/status`)) ?? [];
        parents.set(Number(name), Number(parent));
    }
    const descends = (pid: number): boolean => pid === root || (pid > 1 && descends(parents.get(pid) ?? 0));
    return [...parents.keys()].filter(
        (pid) =>
            pid !== root &&
            descends(pid) &&
            /dynamic-provider|pulumi-resource-pulumi-nodejs/.test(read(`/proc/${pid}/cmdline`)),
    );
}

function read(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}

const lastLines = (text: string): string =>
    text
        .split("\n")
        .filter((line) => /error|cannot|hint/i.test(line))
        .slice(-6)
        .join("\n    ");
