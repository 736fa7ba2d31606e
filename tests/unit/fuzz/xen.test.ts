import fc from "fast-check";
import { translate } from "../../../backends/libvirt/lifecycle/power/startErrors";
import { inspectXen } from "../../../backends/xen";
import { xenConsole } from "../../../backends/xen/console";
import type { Dom0 } from "../../../backends/xen/dom0";
import { explainStart } from "../../../backends/xen/explain";
import { remoteDom0 } from "../../../backends/xen/shell";
import { xenStartErrors } from "../../../backends/xen/startErrors";
import { decodeReply, isRefusal, messageLength } from "../../../backends/xen/wire";
import { readGuestKey } from "../../../backends/xen/xenstore";
import { UnikernelError } from "../../../model";
import { block, card, spec } from "../xen/spec";
import { mutate, mutations } from "./mutate";
import { answer, holds, survives } from "./survives";

function message(type: number, payload: string): Buffer {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(type, 0);
    header.writeUInt32LE(Buffer.byteLength(payload), 12);
    return Buffer.concat([header, Buffer.from(payload)]);
}
const replies = [
    message(2, '{ "cmdline": "x" }'),
    message(16, "ENOENT\0"),
    message(12, "OK\0"),
    Buffer.concat([message(11, "OK\0"), message(14, "OK\0")]),
];

survives("xenstore's answers", {
    samples: replies,
    tokens: ["\x10\0\0\0", "ENOENT\0", "OK\0"],
    parse: async (bytes) => {
        isRefusal(bytes);
        for (const type of ["read", "write", "mkdir", "setPermissions"] as const) {
            try {
                decodeReply(bytes, { type, path: "/local" });
            } catch (error) {
                answer(error);
            }
        }
        await readGuestKey(async () => [bytes], 7, "rumprun/cfg").catch(answer);
    },
});

test("a message of xenstore ends within what was heard", async () => {
    await holds(
        fc.record({ which: fc.nat(replies.length - 1), changes: mutations([]) }),
        async ({ which, changes }) => {
            const bytes = mutate(replies[which]!, changes, 65_536);
            try {
                expect(messageLength(bytes) ?? 0).toBeLessThanOrEqual(bytes.length);
            } catch (error) {
                answer(error);
            }
        },
    );
});

const hex = replies.map((reply) => reply.toString("hex").replace(/(..)/g, " $1")).join("\n\n");
const facts =
    "toolstack /usr/sbin/xl\nopen /run/xenstored/socket\nqemu /usr/bin/qemu-system-i386\nconsoles xenconsoled --log=guest \nbridge xenbr0\n";

survives("what a shell of dom0 says", {
    samples: [hex, facts, "/var/log/xen/console/guest-web.log\nhalted\n"],
    tokens: ["consoles ", "toolstack ", "bridge ", "--log=", "\n\n", " 00", "/var/log/xen/guest-web.log\n"],
    limit: 131_072,
    parse: async (bytes) => {
        const run = async (): Promise<string> => bytes.toString("utf8");
        const dom0 = remoteDom0({ run });
        await inspectXen(run, "remote");
        await xenConsole(dom0, "web").read(1024);
        await readGuestKey(dom0.xenstore, 7, "rumprun/cfg").catch(answer);
    },
});

const log =
    "2026-01-01 10:00:00.123+0000: libxl: libxl_device.c:1286:device_hotplug_child_death_cb: script: Could not find bridge device xenbr9\n" +
    "2026-01-01 10:00:00.200+0000: libxl: libxl_device.c:393:libxl__device_disk_set_backend: Disk vdev=xvdb failed to stat: /x: No such file or directory\n" +
    "2026-01-01 10:00:00.300+0000: libxl: script: losetup /dev/loop0 /x failed\n";
const guest = spec({ interfaces: [card(), card({ attach: { bridge: "xenbr9" } })], blocks: [block({ name: "data" })] });

survives("libxl's log, and what follows from it", {
    samples: [log],
    limit: 8192,
    tokens: [
        "2026-01-01 10:00:00.1+0: ",
        "losetup ",
        "/a ",
        " failed",
        "Disk vdev=",
        " failed to stat: ",
        "killing execution of ",
        "could not find capabilities for ",
        "failed to open file '/",
    ],
    parse: async (bytes) => {
        const text = bytes.toString("utf8");
        const dom0 = { tail: async () => ({ path: "", text }) } as unknown as Dom0;
        const lines = await explainStart(dom0, 1000);
        for (const line of [...lines, text])
            translate(new UnikernelError("program-failed", line), guest, xenStartErrors);
    },
});
