import { readUptimes } from "../../../backends/kvm/uptimes";
import { agesOf } from "../../../backends/libvirt/lifecycle/output/ages";
import { renderList } from "../../../cli/ls/render";
import { guestsOfStack, showGuests } from "../../../core/commands";
import { survives } from "./survives";

const uuid = "6f1c2a4e-0b7d-4f0e-9a52-6d8f6f0f3c11";

survives("a stack's state", {
    samples: [
        JSON.stringify({
            version: 3,
            deployment: {
                resources: [
                    { urn: "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", type: "pulumi:pulumi:Stack" },
                    {
                        urn: "urn:pulumi:dev::shop::unikernel:index:Unikernel::web",
                        id: uuid,
                        modified: "2026-11-28T11:00:00Z",
                        inputs: { name: "web", consequence: "restart: args", platform: "kvm" },
                        outputs: { uuid, ipAddresses: ["10.0.0.2", ""], memory: 64 },
                    },
                ],
                pending_operations: [{ type: "updating", resource: { urn: "urn:pulumi:dev::shop::x:y:Z::n" } }],
            },
        }),
    ],
    tokens: ['"deployment"', '"resources"', '"urn"', '"outputs"', "null", "[]", "{}", uuid],
    parse: async (bytes) => {
        const text = renderList(await showGuests([], guestsOfStack(bytes.toString("utf8"), "it")), { columns: 80 });
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    },
});

survives("the starts of QEMU processes", {
    samples: [`1000.50\n90050 ${uuid}\n`],
    tokens: [uuid, "\n", " "],
    parse: (bytes) => {
        for (const [one, seconds] of readUptimes(bytes.toString("utf8"), [uuid])) {
            expect(one).toBe(uuid);
            expect(seconds).toBeGreaterThanOrEqual(0);
        }
    },
});

survives("the ages of logs", {
    samples: ["3600 /var/lib/pulumi-unikernel/u/console.log\n-2 /x\n"],
    tokens: ["\n", " /"],
    parse: async (bytes) => {
        const ages = await agesOf(async () => bytes.toString("utf8"), []);
        for (const seconds of ages.values()) expect(Number.isNaN(seconds)).toBe(false);
    },
});
