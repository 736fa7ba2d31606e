// ssh for libvirt that writes a line to a file for each call: its procedure number (libvirt: src/rpc/virnetprotocol.x),
// and 1 where no other call of the connection was awaited.
const { spawn } = require("node:child_process");
const { appendFileSync } = require("node:fs");

/** REMOTE_PROGRAM (src/remote/remote_protocol.x); keepalive and events have other numbers. */
const PROGRAM = 0x20008086;
const CALL = 0;
const REPLY = 1;

const [log, ...args] = process.argv.slice(2);
const ssh = spawn("ssh", args, { stdio: ["pipe", "pipe", "inherit"] });
let awaited = 0;

/** Return a listener that passes bytes on, and tells the procedure and the type of each message. */
function messages(to, tell) {
    let rest = Buffer.alloc(0);
    return (bytes) => {
        rest = Buffer.concat([rest, bytes]);
        while (rest.length >= 28 && rest.length >= rest.readUInt32BE(0)) {
            if (rest.readUInt32BE(4) === PROGRAM) tell(rest.readUInt32BE(12), rest.readUInt32BE(16));
            rest = rest.subarray(rest.readUInt32BE(0));
        }
        to.write(bytes);
    };
}
process.stdin.on(
    "data",
    messages(ssh.stdin, (procedure, type) => {
        if (type === CALL) appendFileSync(log, `${procedure} ${awaited++ === 0 ? 1 : 0}\n`);
    }),
);
ssh.stdout.on(
    "data",
    messages(process.stdout, (_procedure, type) => {
        if (type === REPLY) awaited--;
    }),
);
process.stdin.on("end", () => ssh.stdin.end());
ssh.stdin.on("error", () => undefined);
process.stdout.on("error", () => undefined);
ssh.on("close", (code) => process.exit(code ?? 1));
