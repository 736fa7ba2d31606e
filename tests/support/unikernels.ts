import type { Backend } from "../../backends";
import { unikernelHandlers } from "../../core/unikernel";
import { forgetClaims } from "../../core/unikernel/check/claims";
import type { Lifecycle } from "./lifecycle";
import { alice } from "./plans";

type Properties = Record<string, unknown>;

/** The actions of an engine run on one unikernel: check, then create or update. */
export interface Step {
    consequence: string;
    state: Properties;
}

/** Return unikernels of the test kernel on a KVM host of a test, ready when the kernel says so. */
export function testUnikernels({ backend, host, kernel }: Lifecycle): Unikernels {
    // A check compares it with the folder in state.
    process.env.PULUMI_UNIKERNEL_DIR = host.env.PULUMI_UNIKERNEL_DIR;
    return new Unikernels(backend, {
        platform: "kvm",
        connection: host.uri,
        kernel,
        accelerator: "tcg",
        memory: 16,
        shutdownTimeout: 10,
        readiness: { console: "test kernel ready", timeout: 60 },
    });
}

/** Unikernels driven as by the engine: through the core's handlers, with state between the runs. */
export class Unikernels {
    readonly said: string[] = [];
    private readonly handlers;

    constructor(
        backend: Backend,
        private readonly common: Properties,
    ) {
        this.handlers = unikernelHandlers({
            backend: () => backend,
            creator: alice,
            log: (message) => {
                this.said.push(message);
            },
        });
    }

    urnOf(name: string, stack = "test"): string {
        return `urn:pulumi:${stack}::exclusive::pulumi-unikernel:index:Unikernel::${name}`;
    }

    /** Return the checked inputs. A check failure is thrown. */
    async check(name: string, args: Properties, state: Properties = {}): Promise<Properties> {
        const { inputs, failures } = await this.handlers.check(state, {
            resourceUrn: this.urnOf(name),
            ...this.common,
            ...args,
        });
        if (failures.length > 0)
            throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
        return inputs;
    }

    /** Start another run of the engine, in which nothing is declared yet. */
    newRun(): void {
        forgetClaims();
    }

    /** Update a guest whose checks have been made. */
    async update(inputs: Properties, state: Properties): Promise<Properties> {
        return (await this.handlers.update(String(inputs.uuid), state, inputs)).outs;
    }

    async create(inputs: Properties): Promise<Properties> {
        return (await this.handlers.create(inputs)).outs;
    }

    async up(name: string, args: Properties, state?: Properties): Promise<Step> {
        const inputs = await this.check(name, args, state);
        const consequence = String(inputs.consequence);
        const id = String(inputs.uuid);
        if (state) return { consequence, state: (await this.handlers.update(id, state, inputs)).outs };
        return { consequence, state: (await this.handlers.create(inputs)).outs };
    }

    /** Return state as a refresh leaves it; undefined when the guest is gone. */
    async refresh(state: Properties): Promise<Properties | undefined> {
        const { id, props } = await this.handlers.read(String(state.uuid), state);
        return id === "" ? undefined : props;
    }

    async destroy(state: Properties): Promise<void> {
        await this.handlers.delete(String(state.uuid), state);
    }
}
