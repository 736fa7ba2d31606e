// The worker process: it runs a provider's handlers, one job after the other, and ends by SIGKILL where a job says so.
import { hostname, userInfo } from "node:os";
import { createBackends, dom0Of, type Host, openHost } from "../backends";
import { unikernelHandlers } from "../core";
import { messageOf, UnikernelError } from "../model";
import type { Done, Job, Known, Reply } from "./job";
import { killer, recorder, type Watcher, watch, watchDom0 } from "./watch";

let watcher: Watcher = (_name, call) => call();
const watching: Watcher = (name, call, args) => watcher(name, call, args);

const open = async (uri: string): Promise<Host> => watch(await openHost(uri), watching);
const backends = createBackends(open, (host, guest) => watchDom0(dom0Of(host, guest), watching));

let said: string[] = [];
const handlers = unikernelHandlers({
    backend: (platform) => backends[platform]!,
    creator: { user: `selftest:${userInfo().uid}`, machine: hostname(), project: "selftest" },
    log: (message) => {
        said.push(message);
    },
});

async function work(job: Job): Promise<Omit<Done, "calls" | "said">> {
    if (job.operation === "deploy") return deploy(job.args, job.known);
    const { inputs, outputs } = job.known;
    if (job.operation === "destroy") {
        await handlers.delete(String(outputs.uuid), outputs);
        return { changed: true };
    }
    const found = await handlers.read(String(outputs.uuid), outputs);
    if (found.id === "") return { changed: true };
    const { changes } = await handlers.diff(found.id, found.props, inputs);
    return { known: { inputs, outputs: found.props }, changed: changes !== false };
}

async function deploy(args: Record<string, unknown>, known?: Known): Promise<Omit<Done, "calls" | "said">> {
    const { inputs, failures } = await handlers.check(known?.inputs ?? {}, args);
    if (failures.length > 0)
        throw new UnikernelError(
            "invalid",
            failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"),
        );
    if (!known) return { known: { inputs, outputs: (await handlers.create(inputs)).outs }, changed: true };
    const { changes, replaces } = await handlers.diff(String(known.outputs.uuid), known.outputs, inputs);
    if (replaces.length > 0)
        throw new UnikernelError("invalid", `this deployment would replace the guest: ${replaces.join(", ")}`);
    if (changes === false) return { known: { ...known, inputs }, changed: false };
    return {
        known: { inputs, outputs: (await handlers.update(String(known.outputs.uuid), known.outputs, inputs)).outs },
        changed: true,
    };
}

process.on("message", (job: Job) => {
    const calls: string[] = [];
    const record = recorder(calls);
    const kill = "fault" in job && job.fault ? killer(job.fault) : undefined;
    watcher = (name, call, args) => record(name, () => (kill ? kill(name, call, args) : call()), args);
    said = [];
    const answer = (reply: Reply): void => {
        process.send?.(reply);
    };
    work(job).then(
        (done) => {
            answer({ done: { ...done, calls, said } });
        },
        (error: unknown) => {
            const code = error instanceof UnikernelError ? error.code : undefined;
            answer({ failure: { message: messageOf(error), code, calls } });
        },
    );
});
// Its parent is gone: nothing may go on without it.
process.on("disconnect", () => {
    process.kill(process.pid, "SIGKILL");
});
