import { UNKNOWN } from "../../core";
import { testKernel } from "../e2e/guests";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { secret } from "../unit/provider/plugin/plugin";
import { differencesOf, LISTED } from "./contract/differences";
import { bareHandlers, type ContractHost, dynamicHost, pluginHost, urnIn } from "./contract/hosts";
import { live, type Transcript } from "./contract/steps";

jest.setTimeout(900_000);

let host: LibvirtHost;
let kernel: string;
let bare: Transcript;

const lived = async (its: ContractHost): Promise<Transcript> => {
    try {
        return await live(its, host, kernel);
    } finally {
        await its.close();
    }
};

beforeAll(async () => {
    [host, kernel] = await Promise.all([startLibvirtHost(), testKernel()]);
    process.env.PULUMI_UNIKERNEL_DIR = host.env.PULUMI_UNIKERNEL_DIR;
    bare = await lived(bareHandlers());
});
afterAll(async () => {
    delete process.env.PULUMI_UNIKERNEL_DIR;
    await host.close();
});

test("the handlers keep the contract: what is wrong is named, what is there is said, and nothing is left", () => {
    expect(bare).toMatchObject({
        "check guest": { failures: [], inputs: { consequence: "create" } },
        "check with problems": {
            failures: expect.arrayContaining(
                [
                    "memroy",
                    "vcpus",
                    "name",
                    'env["a=b"]',
                    "args[0]",
                    "readiness.console",
                    "readiness.retries",
                    "gdb.port",
                    "interfaces[0].attach",
                ].map((property) => expect.objectContaining({ property })),
            ),
        },
        "diff of the same": { changes: false, replaces: [] },
        "diff of another name": { replaces: ["name"] },
        "diff of an unknown name": { replaces: [] },
        "check of a changed argument": { inputs: { consequence: "restart: args" } },
        "read of a paused guest": { props: { state: "paused" }, inputs: { state: "paused" } },
        "read of a guest that is gone": { id: "" },
        delete: "done",
        "delete again": "done",
        "create of a guest that never comes up": {
            id: expect.any(String),
            reasons: [expect.stringMatching(/^readiness: not ready after 1 s/)],
            properties: { name: expect.stringMatching(/^late-/) },
        },
        "what is left on the host": "",
    });
    for (const step of ["check", "diff", "read", "delete"]) {
        expect(bare[`${step} of newer state`]).toEqual({
            error: expect.stringMatching(/schema version 99.*knows 2\s+hint: npm install pulumi-unikernel@latest/s),
        });
    }
});

test.each<["dynamic" | "plugin", () => Promise<ContractHost>]>([
    ["dynamic", () => dynamicHost(host.env)],
    ["plugin", () => pluginHost(host.env)],
])("by %s all is the same, but for what is listed", async (name, open) => {
    const found = differencesOf(bare, await lived(await open()));
    expect(found.filter((one) => !LISTED[name].some(({ is }) => is(one)))).toEqual([]);
    // What is listed and not so any more would hide the next one.
    expect(LISTED[name].filter(({ is }) => !found.some(is)).map(({ difference }) => difference)).toEqual([]);
});

test("what a preview by the plugin knows of outputs comes true", async () => {
    const its = await pluginHost(host.env);
    try {
        const { inputs } = bare["check guest"] as { inputs: Record<string, unknown> };
        const { outs } = bare["create guest"] as { outs: Record<string, unknown> };
        const preview = await its.plugin.create(urnIn("unikernel", "web"), inputs, { preview: true });
        const unknown = Object.keys(preview.outs)
            .filter((key) => preview.outs[key] === UNKNOWN)
            .sort();
        expect(unknown).toEqual(["consoleCommand", "consoleLog", "guestConfig", "ipAddresses"]);
        // The key is a secret of ours, also where the inputs name none.
        const told = { ...outs, digestKey: secret(String(outs.digestKey)) };
        expect({ ...preview.outs, ...Object.fromEntries(unknown.map((key) => [key, outs[key]])) }).toEqual(told);
    } finally {
        await its.close();
    }
});
