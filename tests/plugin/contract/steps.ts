import { UNKNOWN } from "../../../core";
import type { ResourceKind } from "../../../provider";
import type { LibvirtHost } from "../../support/libvirtHost";
import type { Values } from "./arguments";
import type { ContractHost } from "./hosts";

/** What each step of the suite came to, by its name: a result, or an error's message and what it says is there. */
export type Transcript = Record<string, unknown>;

interface Known {
    id: string;
    inputs: Values;
    outs: Values;
}

/** How far a console has come by the time of an error is another one each time. */
const firstLine = (text: string) => text.split("\n")[0];

/** Digests over secrets are keyed, and the key differs between hosts where there is none from before. */
const KEYED = { digestKey: "00".repeat(16) };

/** The whole life of one guest, its card and its image by one host, and all that the contract refuses. */
export async function live(host: ContractHost, libvirt: LibvirtHost, kernel: string): Promise<Transcript> {
    const transcript: Transcript = {};
    const checked: Record<string, Values> = {};
    const note = async <T>(step: string, act: () => Promise<T>): Promise<T | undefined> => {
        try {
            const result = await act();
            transcript[step] = result ?? "done";
            return result;
        } catch (error) {
            const partial = host.partialOf(error);
            const message = (error as Error).message.replace(/^\d+ [A-Z_]+: /, "");
            transcript[step] = {
                error: partial ? firstLine(message) : message,
                ...(partial
                    ? { id: partial.id, reasons: partial.reasons.map(firstLine), properties: partial.properties }
                    : {}),
            };
            return undefined;
        }
    };
    const args = (more: Values = {}): Values => ({
        platform: "kvm",
        connection: libvirt.uri,
        kernel,
        memory: 16,
        accelerator: "tcg",
        shutdownTimeout: 1,
        readiness: { console: "test kernel ready", timeout: 60 },
        ...more,
    });
    const check = async (
        step: string,
        kind: ResourceKind,
        name: string,
        given: Values,
        olds: Values = {},
    ): Promise<Values> => {
        const found = await note(`check ${step}`, () =>
            host.check(kind, name, olds, host.argumentsOf(kind, name, given, checked)),
        );
        return (found as { inputs?: Values } | undefined)?.inputs ?? {};
    };
    const diff = (step: string, kind: ResourceKind, name: string, { id, outs }: Known, news: Values) =>
        note(`diff ${step}`, () => host.diff(kind, name, id, outs, news));
    const create = async (step: string, kind: ResourceKind, name: string, inputs: Values): Promise<Known> => {
        const made = await note(`create ${step}`, () => host.create(kind, name, inputs));
        return { id: made?.id ?? "", inputs, outs: made?.outs ?? {} };
    };

    checked.data = await check(
        "image",
        "blockImage",
        "data",
        { source: { "index.html": "page", "key.pem": { secret: "hunter2" } } },
        KEYED,
    );
    checked.card = await check("card", "networkInterface", "card", { attach: { user: { forward: [{ guest: 80 }] } } });
    const image = await create("image", "blockImage", "data", checked.data);
    const card = await create("card", "networkInterface", "card", checked.card);
    const given = args({
        env: { GREETING: "hello", PASSWORD: { secret: "hunter2" } },
        blocks: [{ image: "data", mount: "/data" }],
        interfaces: ["card"],
    });

    await check(
        "with problems",
        "unikernel",
        "bad",
        args({
            memroy: 1,
            vcpus: 0,
            name: "a b",
            env: { "a=b": "x" },
            args: [1],
            readiness: { console: "(", retries: 1 },
            gdb: { port: 99999 },
            interfaces: [{ attach: { user: {}, bridge: "x" } }],
        }),
    );
    await check("image with problems", "blockImage", "bad", { source: 1, format: "zip", size: 0 });
    await check("card with problems", "networkInterface", "bad", {
        mac: "x",
        attach: { network: "a", bridge: "b" },
        ipv4: { address: "1.2.3" },
    });
    for (const property of [
        "memory",
        "args",
        "env",
        "kernel",
        "name",
        "connection",
        "interfaces",
        "blocks",
        "state",
        "readiness",
    ]) {
        await check(`with unknown ${property}`, "unikernel", "vague", args({ [property]: UNKNOWN }));
    }
    await check("image with unknown source", "blockImage", "vague", { source: UNKNOWN });
    await check("card with unknown attach", "networkInterface", "vague", { attach: UNKNOWN });
    const newer = { ...host.argumentsOf("unikernel", "newer", args(), checked), schemaVersion: 99 };
    await check("of newer state", "unikernel", "newer", args(), newer);
    await note("diff of newer state", () => host.diff("unikernel", "newer", "id", newer, newer));
    await note("read of newer state", () => host.read("unikernel", "newer", "id", newer, newer));
    await note("delete of newer state", () => host.delete("unikernel", "newer", "id", newer));

    const inputs = await check("guest", "unikernel", "web", given, KEYED);
    let web = await create("guest", "unikernel", "web", inputs);
    await diff("of the same", "unikernel", "web", web, await check("of the same", "unikernel", "web", given, inputs));
    for (const [step, more] of Object.entries<Values>({
        "of a changed argument": { args: ["two"] },
        "of another name": { name: "other" },
        "of a live change": { shutdownTimeout: 2 },
        "of an unknown": { memory: UNKNOWN },
        "of an unknown name": { name: UNKNOWN },
    }))
        await diff(step, "unikernel", "web", web, await check(step, "unikernel", "web", { ...given, ...more }, inputs));
    const changed = await check("of an update", "unikernel", "web", { ...given, args: ["two"] }, inputs);
    const updated = await note("update", () => host.update("unikernel", "web", web.id, web.outs, changed));
    web = { ...web, inputs: changed, outs: updated?.outs ?? {} };
    await note("read", () => host.read("unikernel", "web", web.id, web.outs, web.inputs));
    await libvirt.virsh("suspend", web.id);
    await note("read of a paused guest", () => host.read("unikernel", "web", web.id, web.outs, web.inputs));
    await libvirt.virsh("destroy", web.id);
    await libvirt.virsh("undefine", web.id);
    await note("read of a guest that is gone", () => host.read("unikernel", "web", web.id, web.outs, web.inputs));
    await note("delete", () => host.delete("unikernel", "web", web.id, web.outs));
    await note("delete again", () => host.delete("unikernel", "web", web.id, web.outs));

    const late = await check(
        "of a guest that never comes up",
        "unikernel",
        "late",
        args({ readiness: { console: "what it never says", timeout: 1 } }),
    );
    await create("of a guest that never comes up", "unikernel", "late", late);
    await note("delete of what never came up", () => host.delete("unikernel", "late", String(late.uuid), late));
    await diff(
        "of another image",
        "blockImage",
        "data",
        image,
        await check("of another image", "blockImage", "data", { source: { "index.html": "two" } }, checked.data),
    );
    await diff(
        "of another card",
        "networkInterface",
        "card",
        card,
        await check("of another card", "networkInterface", "card", { attach: { network: "lan" } }, checked.card),
    );
    await note("delete of the image", () => host.delete("blockImage", "data", image.id, image.outs));
    await note("delete of the card", () => host.delete("networkInterface", "card", card.id, card.outs));
    transcript["what is left on the host"] = await libvirt.virsh("list", "--all", "--name");
    return transcript;
}
