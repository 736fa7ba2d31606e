// ssh for libvirt that tells each call to waves.js: its procedure number (libvirt: src/rpc/virnetprotocol.x). It holds
// the answers until it may pass them on.
const { spawn } = require("node:child_process");
const { createConnection } = require("node:net");

/** REMOTE_PROGRAM (src/remote/remote_protocol.x); keepalive and events have other numbers. */
const PROGRAM = 0x20008086;
const CALL = 0;
const REPLY = 1;

const [path, ...args] = process.argv.slice(2);
const waves = createConnection(path);
waves.unref();
const ssh = spawn("ssh", args, { stdio: ["pipe", "pipe", "inherit"] });

/** Return a listener that gives each message to `take`: its procedure and type, 0 and -1 for one of another program. */
function messages(take) {
    let rest = Buffer.alloc(0);
    return (bytes) => {
        rest = Buffer.concat([rest, bytes]);
        while (rest.length >= 28 && rest.length >= rest.readUInt32BE(0)) {
            const message = rest.subarray(0, rest.readUInt32BE(0));
            rest = rest.subarray(message.length);
            const ours = message.readUInt32BE(4) === PROGRAM;
            take(message, ours ? message.readUInt32BE(12) : 0, ours ? message.readUInt32BE(16) : -1);
        }
    };
}
process.stdin.on(
    "data",
    messages((message, procedure, type) => {
        if (type === CALL) waves.write(`${procedure}\n`);
        ssh.stdin.write(message);
    }),
);
const held = [];
ssh.stdout.on(
    "data",
    messages((message, _procedure, type) => {
        if (type !== REPLY) return process.stdout.write(message);
        held.push(message);
        waves.write("answer\n");
    }),
);
waves.on("data", () => {
    for (const message of held.splice(0)) process.stdout.write(message);
});
waves.on("error", () => undefined);
process.stdin.on("end", () => ssh.stdin.end());
ssh.stdin.on("error", () => undefined);
process.stdout.on("error", () => undefined);
ssh.on("close", (code) => process.exit(code ?? 1));
