import { endOf, type Fault, killer, recorder, watch } from "./faults";
import { TestNetworks } from "./hostNetworks";

/** One operation on a network that ends with SIGKILL. */
export interface NetworkFaultJob {
    uri: string;
    name: string;
    /** Left out: it is deleted. */
    args?: Record<string, unknown>;
    /** Left out: it is created. */
    state?: Record<string, unknown>;
    fault: Fault;
}

async function main({ uri, name, args, state, fault }: NetworkFaultJob): Promise<void> {
    const changes: string[] = [];
    const [kill, record] = [killer(fault), recorder(changes)];
    const networks = new TestNetworks({ uri }, (host) =>
        watch(host, (call, act, given) => kill(call, () => record(call, act, given), given)),
    );
    if (args) await networks.up(name, args, state);
    else await networks.destroy(state ?? {});
    process.stderr.write(`all that was done: ${changes.join(" ")}\n`);
}

endOf(main(JSON.parse(process.argv[2]!) as NetworkFaultJob));
