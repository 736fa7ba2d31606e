import { PassThrough } from "node:stream";
import { parseUri, sshLogin } from "../../../backends/libvirt/client";
import type { SshConnection } from "../../../backends/libvirt/files/ssh/connection";
import { failedThere, noShell, unreachable } from "../../../backends/libvirt/files/ssh/errors";
import { SshFiles } from "../../../backends/libvirt/files/ssh/files";
import { Listener } from "../../../backends/libvirt/files/ssh/process";
import { Shell } from "../../../backends/libvirt/files/ssh/shell";
import { MARK } from "../../../backends/libvirt/files/ssh/shellProtocol";
import { survives } from "./survives";

const login = sshLogin("qemu+ssh://root@far:2222/system")!;

survives("what a script says on the far side", {
    samples: [
        "regular file:123:kernel-0123456789abcdef\nregular empty file:0:console.log\n",
        `${"0".repeat(64)}  -\n`,
        "none\n",
        "need 123\n",
        `none\n\nNONCE\n${"0".repeat(64)}\n\nNONCE\n`,
    ],
    tokens: ["regular file:", "regular empty file:", ":", "0".repeat(64), "none", "\nNONCE\n"],
    parse: async (bytes) => {
        const together = [undefined, { out: bytes, index: 1, nonce: "NONCE" }];
        const ask = async () => ({ code: 0, out: bytes });
        const connection = {
            base: "/var/lib/pulumi-unikernel",
            ask,
            together: {
                question: async (_script: string, [path]: string[]) => together[path!.includes("other") ? 1 : 0],
            },
        } as unknown as SshConnection;
        const files = new SshFiles(connection);
        for (const { size } of await files.list("uuid")) expect(Number.isNaN(size)).toBe(false);
        for (const uuid of ["uuid", "other"]) {
            const digest = await files.digest(uuid, "kernel");
            expect(digest ?? "0".repeat(64)).toMatch(/^[0-9a-f]{64}$/);
        }
        await files.read("uuid", "console.log", { length: 10 });
    },
});

survives("what a login shell says before a script", {
    samples: [`Welcome!\n${MARK}\nhave\nmore`, `\n${MARK}\n0 yes /var/lib/pulumi-unikernel\n`],
    tokens: [`\n${MARK}\n`, MARK],
    parse: (bytes) => {
        for (const piece of [1, 16, 4096]) {
            const listener = new Listener(() => undefined);
            // Not byte by byte to the end: a pipe does not bring them so either.
            for (let at = 0, size = piece; at < bytes.length; at += size, size = Math.min(65_536, size * 2))
                listener.hear(bytes.subarray(at, at + size));
            listener.out();
        }
    },
});

survives("answers of the shell on the far side", {
    samples: ["\nNONCE 0\nrest", "output\nNONCE 1\n", "\nNONCE\n"],
    tokens: ["\nNONCE ", "\nNONCE\n", "0\n", "NaN\n"],
    parse: async (bytes) => {
        const held = { ref: () => undefined, unref: () => undefined };
        const [stdin, stdout, stderr] = [
            new PassThrough(),
            Object.assign(new PassThrough(), held),
            Object.assign(new PassThrough(), held),
        ];
        const shell = new Shell({ stdin, stdout, stderr, ...held }, 10_000, () => undefined);
        const answered = shell.run("true", [], new Uint8Array());
        const [, nonce = ""] = /^([0-9a-f]{32}) /m.exec(String(stdin.read())) ?? [];
        const said = Buffer.from(bytes.toString("latin1").replaceAll("NONCE", nonce), "latin1");
        stdout.write(said);
        stderr.write(said);
        await new Promise(setImmediate);
        shell.end();
        await answered;
    },
});

survives("what ssh and the far side say of a failure", {
    samples: [
        "root@far: Permission denied (publickey).\n",
        "Host key verification failed.\r\n",
        "dd: error writing 'x': No space left on device\n1+0 records in\n",
        "sh: 1: dd: not found\n",
    ],
    limit: 10_000,
    tokens: ["permission denied (", "no ", " host key is known", "1+1 records in", "1 bytes", " copied", "\r\n"],
    parse: (bytes) => {
        const text = bytes.toString("utf8");
        unreachable(login, text, "list");
        noShell(login, text, "list");
        for (const code of [1, 127]) failedThere(login, text, code, "list", "/var/lib/pulumi-unikernel");
    },
});

survives("a connection's URI", {
    samples: [
        "qemu+ssh://root@far:2222/system?keyfile=/k&no_verify=1",
        "xen+libssh://[::1]/?known_hosts=%2Fx&known_hosts_verify=auto",
        "qemu:///session",
    ],
    tokens: ["://", "@", "[", "]", "?", "&", "%", "=", "+ssh", ":1"],
    parse: (bytes) => {
        parseUri(bytes.toString("utf8"));
        sshLogin(bytes.toString("utf8"));
    },
});
