import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { type Stack, withStack } from "../support/engine";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(900_000);

let a: LibvirtHost;
let b: LibvirtHost;
let kernel: string;
let source: string;
beforeAll(async () => {
    source = await mkdtemp(join(tmpdir(), "pulumi-unikernel-providers-"));
    await writeFile(join(source, "hello.txt"), "hello");
    [a, b, kernel] = await Promise.all([startLibvirtHost(), startLibvirtHost(), testKernel()]);
});
afterEach(() => Promise.all([a.removeGuests(), b.removeGuests()]));
afterAll(async () => {
    await Promise.all([a.close(), b.close(), rm(source, { recursive: true })]);
});

const domains = async (host: LibvirtHost): Promise<string[]> =>
    (await host.virsh("list", "--all", "--name")).split("\n").filter(Boolean).sort();
const pid = (host: LibvirtHost, name: string): Promise<string> => host.guestProcess(name);
const READY = { readiness: { console: "test kernel ready" } };

interface Declared {
    providers?: object;
    images?: object;
    cards?: object;
    guests?: object;
}
async function declare(stack: Stack, declared: Declared): Promise<void> {
    const all = { providers: {}, images: {}, cards: {}, guests: {}, ...declared };
    await stack.configure(
        Object.fromEntries(Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)])),
    );
}

/** The default provider leads to host A. Both hosts are reached by sockets, so one network is as good as the other. */
function onBoth(name: string, body: (stack: Stack) => Promise<void>): Promise<void> {
    const config = { kernel, "unikernel:connection": a.uri, "unikernel:accelerator": "tcg" };
    return withStack("tests/plugin/programs/providers", name, body, {
        enter: a.enter,
        env: { ...a.env },
        config,
        leave: true,
    });
}

const toA = () => ({ connection: a.uri, accelerator: "tcg", folder: a.env.PULUMI_UNIKERNEL_DIR });
const toB = () => ({ connection: b.uri, accelerator: "tcg", folder: b.env.PULUMI_UNIKERNEL_DIR });

test("one program, two hosts: each guest is where its provider leads, with an image and an interface of the default one", async () => {
    await onBoth("hosts", async (stack) => {
        const shared = { images: { data: { source } }, cards: { eth: { attach: { user: { forward: [] } } } } };
        const guests = {
            one: { name: "one", image: "data", ...READY },
            two: { name: "two", provider: "hostB", image: "data", card: "eth", ...READY },
        };
        const declared = { ...shared, providers: { hostB: toB() }, guests };
        await declare(stack, declared);
        await stack.up();
        expect([await domains(a), await domains(b)]).toEqual([["one"], ["two"]]);
        const { guests: outs } = await stack.outputs<{ guests: Record<string, { connection: string }> }>();
        expect([outs.one!.connection, outs.two!.connection]).toEqual([a.uri, b.uri]);
        // A reference across providers is what it was, and what it becomes.
        expect(Object.keys((await stack.preview()).changes)).toEqual(["same"]);
        await writeFile(join(source, "hello.txt"), "hello again");
        const changed = await stack.preview();
        expect(
            changed.steps
                .map(({ op, urn }) => [urn.split("::").pop(), op])
                .filter(([, op]) => op === "update")
                .sort(),
        ).toEqual([
            ["data", "update"],
            ["one", "update"],
            ["two", "update"],
        ]);
        expect(changed.text).toContain("/data/hello.txt");
        await writeFile(join(source, "hello.txt"), "hello");

        // A provider that says the same host in other words touches nothing; one that leads elsewhere takes its guests along.
        const before = await pid(b, "two");
        await declare(stack, { ...declared, providers: { hostB: { ...toB(), connection: `${b.uri}&mode=legacy` } } });
        const same = await stack.up();
        expect(same.steps.filter(({ op }) => /replace|delete|create/.test(op))).toEqual([]);
        expect(await pid(b, "two")).toBe(before);
        await declare(stack, { ...declared, providers: { hostB: toA() } });
        const moved = await stack.up();
        expect(moved.steps.filter(({ op }) => op === "replace").map(({ urn }) => urn.split("::").pop())).toEqual([
            "two",
        ]);
        expect([await domains(a), await domains(b)]).toEqual([["one", "two"], []]);
    });
});

test("a guest moves from one provider to another: to another host by replacement, on the same one without a stop", async () => {
    await onBoth("moves", async (stack) => {
        const guest = (provider: string, more: object = {}) => ({ web: { name: "web", provider, ...READY, ...more } });
        const providers = { first: toA(), second: toB(), third: toB() };
        await declare(stack, { providers, guests: guest("first") });
        await stack.up();
        expect([await domains(a), await domains(b)]).toEqual([["web"], []]);
        await declare(stack, { providers, guests: guest("second") });
        const moved = await stack.up();
        expect(moved.steps.map(({ op }) => op)).toEqual(
            expect.arrayContaining(["delete-replaced", "replace", "create-replacement"]),
        );
        expect([await domains(a), await domains(b)]).toEqual([[], ["web"]]);

        const before = await pid(b, "web");
        await declare(stack, { providers, guests: guest("third") });
        await stack.up();
        expect([await domains(a), await domains(b)]).toEqual([[], ["web"]]);
        expect(await pid(b, "web")).toBe(before);

        // The engine replaces without asking who is to go first: the guest is still there, and only once.
        const web = (await stack.exportState()).resources.find(({ type }) => type === "unikernel:index:Unikernel")!.urn;
        const kept = await stack.up({ args: ["--target-replace", web] });
        expect(kept.text).toContain("kept, not replaced");
        expect([await domains(b), await pid(b, "web")]).toEqual([["web"], before]);
        // Of a tainted resource the engine says nothing: the create looks like another stack's, and is refused.
        await stack.pulumi(["state", "taint", web, "--yes"]);
        expect((await stack.up({ fails: true })).text).toContain("is not in this stack's state");
        expect([await domains(b), await pid(b, "web")]).toEqual([["web"], before]);
        await declare(stack, { providers, guests: guest("third", { options: { deleteBeforeReplace: true } }) });
        expect((await stack.up()).steps.map(({ op }) => op)).toEqual(
            expect.arrayContaining(["delete-replaced", "create-replacement"]),
        );
        expect(await domains(b)).toEqual(["web"]);
        expect(await pid(b, "web")).not.toBe(before);
    });
});

test("a run that ends between a create and the delete that follows it loses no guest: the next one knows whom the delete means", async () => {
    await onBoth("ended", async (stack) => {
        const web = { web: { name: "web", ...READY } };
        await declare(stack, { guests: web });
        await stack.up();
        const before = await pid(a, "web");
        const urn = (await stack.exportState()).resources.find(({ type }) => type === "unikernel:index:Unikernel")!.urn;
        // The engine deletes at the end of a run, and not at all when anything in it has failed.
        const failing = { late: { name: "late", readiness: { console: "it never says", timeout: 2 } } };
        await declare(stack, { guests: { ...web, ...failing } });
        const failed = await stack.up({
            fails: true,
            args: ["--target-replace", urn, "--target-dependents", "--target", "**late"],
        });
        expect(failed.text).toContain("it never says");
        const pending = (await stack.exportState()).resources.filter((resource) => resource.urn === urn);
        expect(pending).toHaveLength(2);
        await declare(stack, { guests: web });
        const next = await stack.up();
        expect(next.text).toContain("a create has taken this guest over since");
        expect([await domains(a), await pid(a, "web")]).toEqual([["web"], before]);
        // What is deleted after that is the guest itself.
        await stack.destroy();
        expect(await domains(a)).toEqual([]);
    });
});

test("what is wrong with a provider, or more than it allows, is said before anything happens", async () => {
    await onBoth("refused", async (stack) => {
        await declare(stack, { providers: { hostB: { ...toB(), conection: "x", memoryLimit: "much" } } });
        const wrong = await stack.up({ fails: true });
        for (const said of [
            "conection",
            "unknown property; this provider takes connection",
            "memoryLimit",
            "expected a whole number of MiB",
        ])
            expect(wrong.text).toContain(said);
        await declare(stack, {
            providers: { hostB: { ...toB(), memoryLimit: 32 } },
            guests: { big: { name: "big", provider: "hostB", memory: 33 } },
        });
        expect((await stack.up({ fails: true })).text).toContain(
            "33 MiB are more than the 32 that this provider allows a guest",
        );
        expect([await domains(a), await domains(b)]).toEqual([[], []]);
    });
});
