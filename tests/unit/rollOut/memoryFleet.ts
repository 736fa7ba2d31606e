import { createBackends } from "../../../backends";
import { MemoryHost } from "../../../bench/memoryHost";
import { fleetRollOutHandlers, forgetRollOuts } from "../../../core/rollOut";
import { unikernelHandlers } from "../../../core/unikernel";
import { forgetClaims } from "../../../core/unikernel/check/claims";
import { forgetChecks } from "../../../core/unikernel/diff/replacing";
import { UnikernelError } from "../../../model";
import { alice } from "../../support/plans";

type Properties = Record<string, unknown>;

const PLAN = { canary: { count: 0, bake: 0 }, maxUnavailable: 1, pause: 0, minReady: 0 };
export const AWAY = "qemu+ssh://away/system";
export const urnAt = (index: number) => `urn:pulumi:dev::shop::p:index:UnikernelFleet$p:index:Unikernel::web-${index}`;

/** A fleet of three over a host in memory; each `run` is a run of the engine. */
export class MemoryFleet {
    readonly host = new MemoryHost("qemu:///system");
    private readonly guests = unikernelHandlers({
        backend: () =>
            createBackends(async (uri) => {
                if (uri === AWAY) throw new UnikernelError("unreachable", "no route to it");
                return this.host;
            }).kvm!,
        creator: alice,
        log: () => undefined,
        isReplaced: (urn) => urn === this.replaced,
    });
    /** @param own arguments of one member */
    constructor(
        private readonly kernel: string,
        private readonly own: (index: number) => Properties = () => ({}),
    ) {}

    /** The URN of `--replace`. */
    replaced: string | undefined;
    readonly members = new Map<number, Properties>();
    rollOut: Properties = {};

    run(): void {
        forgetRollOuts();
        forgetClaims();
        forgetChecks();
    }

    async check(
        index: number,
        text: string,
        { olds = this.members.get(index) ?? {}, more = {} } = {},
    ): Promise<Properties> {
        const { inputs, failures } = await this.guests.check(olds, {
            resourceUrn: urnAt(index),
            platform: "kvm",
            connection: this.host.uri,
            kernel: this.kernel,
            guest: "raw",
            accelerator: "tcg",
            memory: 16,
            args: [text],
            ...this.own(index),
            rollOut: { fleet: "web", replicas: 3, ...PLAN, idle: [], connections: [], ...more },
        });
        expect(failures).toEqual([]);
        return inputs;
    }

    async create(text: string): Promise<void> {
        this.run();
        for (const index of [0, 1, 2]) {
            const { outs } = await this.guests.create(await this.check(index, text));
            this.members.set(index, outs);
        }
        await this.line();
    }

    async update(index: number, inputs: Properties): Promise<void> {
        const { outs } = await this.guests.update("", this.members.get(index)!, inputs);
        this.members.set(index, outs);
    }

    diff = (index: number, inputs: Properties) => this.guests.diff("", this.members.get(index)!, inputs);
    remove = (index: number) => this.guests.delete("", this.members.get(index)!);
    uuid = (index: number) => String(this.members.get(index)!.uuid);

    /** Check the roll-out, and keep its state. */
    async line(more: Properties = {}): Promise<{ line: unknown; changes: unknown; failures: string[] }> {
        const news = {
            resourceUrn: urnAt(0).replace("Unikernel::web-0", "FleetRollOut::web"),
            fleet: "web",
            replicas: 3,
        };
        const { inputs, failures } = await fleetRollOutHandlers().check(this.rollOut, { ...news, ...PLAN, ...more });
        const { changes } = await fleetRollOutHandlers().diff("", this.rollOut, inputs);
        if (failures.length === 0) this.rollOut = inputs;
        return {
            line: inputs.consequence,
            changes,
            failures: failures.map(({ property, reason }) => `${property}: ${reason}`),
        };
    }
}
