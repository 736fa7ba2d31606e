import type { Host } from "../backends";
import { backend } from "../backends";
import { readFacts, readNetwork } from "../backends/inspection";
import type { Done, Known } from "./job";
import { argumentsOf, SECRET, type Subject, type Version } from "./subject";
import { tracesLeft } from "./traces";
import type { Fault } from "./watch";
import { JobFailed, type WorkerProcess } from "./workerProcess";

/** The result of a deployment. */
export type Outcome = Done | "killed";

/** Throw an error with the given message unless a condition holds. */
export function assertThat(condition: boolean, otherwise: string): asserts condition {
    if (!condition) throw new Error(otherwise);
}

/**
 * A throwaway guest as an engine handles it: deployed by a worker and kept in state. Checks look at the host directly,
 * not through the worker.
 */
export class Guest {
    known?: Known;
    /** Digest of the file that its persist disk must be. */
    data?: string;

    constructor(
        readonly subject: Subject,
        private readonly host: Host,
        private readonly worker: WorkerProcess,
    ) {}

    async deploy(version: Version, fault?: Fault): Promise<Outcome> {
        const done = await this.worker.run({
            operation: "deploy",
            args: argumentsOf(this.subject, version),
            known: this.known,
            fault,
        });
        // An engine has no result of a killed worker.
        if (done !== "killed") this.known = done.known;
        return done;
    }

    /** Deploy a version that panics; this must fail and leave the last good guest running. */
    async rollBack(version: Version, fault?: Fault): Promise<string[] | "killed"> {
        try {
            const outcome = await this.deploy({ ...version, panics: true }, fault);
            assertThat(outcome === "killed", "a guest that panics was reported as ready");
            return "killed";
        } catch (error) {
            if (error instanceof JobFailed && error.failure.code === "rolled-back") return error.failure.calls;
            throw error;
        }
    }

    async refresh(): Promise<Done> {
        const done = await this.worker.run({ operation: "refresh", known: this.present() });
        assertThat(done !== "killed", "the worker was killed by something else than its job");
        return done;
    }

    async destroy(fault?: Fault): Promise<Outcome> {
        const done = await this.worker.run({ operation: "destroy", known: this.present(), fault });
        if (done !== "killed") this.known = undefined;
        return done;
    }

    /** Return the id of the running domain; a restart gives another one. */
    async boot(): Promise<number | undefined> {
        return (await this.host.domains.state(this.subject.uuid))?.id;
    }

    /** Check that host and state have exactly the guest of a version. */
    async expect({ word, state = "running" }: Version): Promise<void> {
        const { uuid, secret } = this.subject;
        const { known, changed } = await this.refresh();
        assertThat(known !== undefined, "a refresh found no guest");
        assertThat(
            known.outputs.state === state,
            `a refresh says ${String(known.outputs.state)}, ${state} was expected`,
        );
        assertThat(
            known.outputs.drift === undefined && !changed,
            `a refresh found drift: ${JSON.stringify(known.outputs.drift ?? "the next deployment would change something")}`,
        );
        const record = await this.host.domains.get(uuid);
        assertThat(record !== undefined, "the host has no such domain");
        for (const xml of [record.inactiveXml, record.liveXml ?? ""])
            assertThat(!xml.includes(secret), "the domain's definition contains the secret");
        await this.expectData(record.inactiveXml);
        await this.expectReservation();
        if (state !== "stopped") await this.expectTold(word);
    }

    async expectNothing(): Promise<void> {
        const left = await tracesLeft(this.host, this.subject);
        assertThat(left.length === 0, `left on the host: ${left.join(", ")}`);
    }

    /** Replace the content of the persist disk of a stopped guest, as if the guest had written it. */
    async write(data: Uint8Array, digest: string): Promise<void> {
        const { uuid } = this.subject;
        const file = await this.dataFile((await this.host.domains.get(uuid))?.inactiveXml ?? "");
        await this.host.files.remove(uuid, file);
        await this.host.files.put(uuid, file, [{ bytes: data }], { mode: 0o600 });
        this.data = digest;
    }

    /** Return how the guest runs: `kvm`, `qemu` (emulation) or `xen`. */
    async accelerator(): Promise<string> {
        return readFacts((await this.host.domains.get(this.subject.uuid))?.inactiveXml ?? "").type;
    }

    private present(): Known {
        assertThat(this.known !== undefined, "state has no such guest");
        return this.known;
    }

    private async expectTold(word: string): Promise<void> {
        const {
            uuid,
            secret,
            setting: { platform, connection },
        } = this.subject;
        const printed = (await backend(platform).consoleTail!(connection, { uuid })) ?? "";
        assertThat(
            printed.includes(`argv[1] ${word}`),
            `what runs is not version "${word}"; it printed ${JSON.stringify(printed.slice(-200).replaceAll(secret, "[secret]"))}`,
        );
        assertThat(printed.includes(`env ${SECRET}=${secret}`), "the guest did not get its secret");
    }

    private async expectData(definition: string): Promise<void> {
        if (this.data === undefined) return;
        const digest = await this.host.files.digest(this.subject.uuid, await this.dataFile(definition));
        assertThat(digest === this.data, "the persist disk does not hold what was written to it");
    }

    private async dataFile(definition: string): Promise<string> {
        const names = (await this.host.files.list(this.subject.uuid)).map(({ name }) => name);
        const booted = readFacts(definition).disks.map(({ path }) => path);
        const file = names.find((name) => booted.some((path) => path.endsWith(`/${name}`)));
        assertThat(
            file !== undefined,
            `the domain boots from ${booted.join(", ") || "no disk"}, and its folder has ${names.join(", ") || "nothing"}`,
        );
        return file;
    }

    private async expectReservation(): Promise<void> {
        const { reservation } = this.subject;
        if (!reservation) return;
        const network = await this.host.networks.get(reservation.network);
        const entries = network
            ? readNetwork(network.xml).reservations.filter(({ mac }) => mac?.toLowerCase() === reservation.mac)
            : [];
        assertThat(
            entries.length === 1 && entries[0]!.address === reservation.address,
            `network ${reservation.network} has ${entries.length} entries of the guest's`,
        );
    }
}
