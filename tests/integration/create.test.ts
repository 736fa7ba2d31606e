import { createBackends } from "../../backends";
import { kvm } from "../../backends/kvm";
import { openHost } from "../../backends/libvirt";
import { createLibvirtBackend } from "../../backends/libvirt/lifecycle";
import { folderConsole } from "../../backends/libvirt/lifecycle/readiness/console";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { refOf, testContext, testPlan } from "../support/plans";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
});
afterAll(() => its.close());

/** Return an object whose calls are noted with their path. */
function counted<T extends object>(target: T, calls: string[], path = ""): T {
    return new Proxy(target, {
        get(object, key) {
            const value: unknown = Reflect.get(object, key);
            const name = `${path}${String(key)}`;
            if (typeof value === "object" && value !== null) return counted(value, calls, `${name}.`);
            if (typeof value !== "function") return value;
            return (...args: unknown[]): unknown => {
                calls.push(name);
                return Reflect.apply(value, object, args);
            };
        },
    });
}

/** Return the calls about domains that a create makes; those that wait for readiness depend on its time. */
async function asked(options: GuestOptions): Promise<string[]> {
    const calls: string[] = [];
    const backend = createBackends(async (uri) => counted(await openHost(uri), calls)).kvm!;
    await backend.create(await testPlan(its.guest(options)), testContext());
    return calls.flatMap((name) => /^domains\.(?!state$)(.*)/.exec(name)?.[1] ?? []);
}

/** Looks before and after the claim, and the claim's comparison before the start and before the mark. */
const STARTED = ["get", "get", "define", "definition", "start", "definition", "setMetadata"];

test.each<[string, GuestOptions, string[]]>([
    ["with readiness", {}, STARTED],
    ["without readiness", { readiness: undefined }, STARTED],
    ["of a guest that is off", { state: "stopped" }, ["get", "get", "define", "definition"]],
])("a create %s asks libvirt for nothing that a later call says", async (_what, options, calls) => {
    expect(await asked(options)).toEqual(calls);
});

test("a refresh of an unchanged guest reads its domain once, and lists no folder for the size of its console log", async () => {
    const calls: string[] = [];
    const backend = createBackends(async (uri) => counted(await openHost(uri), calls)).kvm!;
    const plan = await testPlan(its.guest());
    await backend.create(plan, testContext());
    const refresh = () => backend.observe(refOf(plan), plan.spec, undefined, plan.readConsole);
    await refresh();
    calls.splice(0);
    await refresh();
    const READ = ["info", "domains.get", "files.digest", "files.path", "files.path", "files.size"];
    expect(calls.sort()).toEqual(READ.sort());
});

test("a create that is refused for its name leaves alone what goes by that name", async () => {
    await its.host.exec("sh", ["-c", 'cat > "$0" && virsh -c "$1" define "$0"', `${its.host.folder}/n`, its.host.uri], {
        input: tinyDomain({ name: "named" }),
    });
    const removed: string[] = [];
    // As on Xen, where the log of a console goes by the name of its domain.
    const platform: typeof kvm = {
        ...kvm,
        console: (host, { uuid, name }) => ({
            ...folderConsole(host, uuid),
            remove: async () => {
                removed.push(name);
            },
        }),
    };
    const backend = createLibvirtBackend(platform, openHost);
    await expect(backend.create(await testPlan(its.guest({ name: "named" })), testContext())).rejects.toMatchObject({
        code: "not-ours",
        property: "name",
    });
    const invalid = its.guest({ name: "named-else", env: { TEST: "panic" } });
    await expect(
        backend.create(await testPlan({ ...invalid, qemuArgs: ["-nonsense"] }), testContext()),
    ).rejects.toThrow(/nonsense/);
    // That of a guest that was defined is removed with it.
    expect(removed).toEqual(["named-else"]);
    expect(await its.host.virsh("list", "--all", "--name")).toMatch(/^named$/m);
});
