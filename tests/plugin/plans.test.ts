import { join } from "node:path";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import type { By } from "./either";
import { Either } from "./either";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

/** Plans are the engine's own experiment. */
const EXPERIMENTAL = { PULUMI_EXPERIMENTAL: "true" };
const secret = (text: string) => ({ secret: text });
const web = (password: string) => ({
    image: "data",
    env: { PASSWORD: secret(password), STAGE: "test" },
    state: "stopped",
    readiness: undefined,
});
const images = (pin: string) => ({ data: { source: { pin: secret(pin), "index.html": "page" } } });

test.each<By>(["dynamic", "plugin"])("%s: what a plan says of secrets holds in the run that follows it", async (by) => {
    await Either.with(
        host,
        `plan-${by}`,
        async (either) => {
            const { stack } = either;
            const plan = join(stack.folder, "plan.json");
            await either.declare(by, { web: web("hunter2-hunter2") }, images("1234-1234"));
            await stack.preview({ args: ["--save-plan", plan] });
            // On another machine the user has another key file; the plugin has the seed of the plan instead.
            const elsewhere = await stack.up({
                args: ["--plan", plan],
                env: { XDG_DATA_HOME: join(stack.folder, "elsewhere") },
                fails: by === "dynamic",
            });
            if (by === "dynamic") {
                expect(elsewhere.text).toMatch(
                    /violates plan: .*digestKey.*of the key file made on .*!=.*of the key file made on /,
                );
                expect((await stack.up({ args: ["--plan", plan] })).changes).toEqual({ create: 2, same: 1 });
            } else {
                expect(elsewhere.changes).toEqual({ create: 3 });
            }
            const keys = await keysOf(either);
            expect(new Set(Object.values(keys)).size).toBe(2);
            // A key in state stays, and a changed secret holds in a plan too.
            await either.declare(by, { web: web("correct horse") }, images("5678-5678"));
            await stack.preview({ args: ["--save-plan", plan] });
            expect((await stack.up({ args: ["--plan", plan] })).changes).toEqual({ same: 1, update: 2 });
            expect(await keysOf(either)).toEqual(keys);
        },
        { env: EXPERIMENTAL, leave: true },
    );
});

/** The keys of digests in state, by logical name. */
async function keysOf({ stack }: Either): Promise<Record<string, unknown>> {
    const { deployment } = JSON.parse(await stack.pulumi(["stack", "export", "--show-secrets"]));
    return Object.fromEntries(
        deployment.resources
            .filter(({ inputs }: { inputs?: object }) => inputs && "digestKey" in inputs)
            .map(({ urn, inputs }: { urn: string; inputs: { digestKey: { plaintext: string } } }) => [
                urn.split("::").at(-1),
                inputs.digestKey.plaintext,
            ]),
    );
}
