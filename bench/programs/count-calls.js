// ssh for libvirt that writes a line to a file for each call: its procedure number (libvirt: src/rpc/virnetprotocol.x).
const { spawn } = require("node:child_process");
const { appendFileSync } = require("node:fs");

/** REMOTE_PROGRAM (src/remote/remote_protocol.x); keepalive and events have other numbers. */
const PROGRAM = 0x20008086;
const CALL = 0;

const [log, ...args] = process.argv.slice(2);
const ssh = spawn("ssh", args, { stdio: ["pipe", "inherit", "inherit"] });
let rest = Buffer.alloc(0);
process.stdin.on("data", (bytes) => {
    ssh.stdin.write(bytes);
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 28 && rest.length >= rest.readUInt32BE(0)) {
        if (rest.readUInt32BE(4) === PROGRAM && rest.readUInt32BE(16) === CALL)
            appendFileSync(log, `${rest.readUInt32BE(12)}\n`);
        rest = rest.subarray(rest.readUInt32BE(0));
    }
});
process.stdin.on("end", () => ssh.stdin.end());
ssh.stdin.on("error", () => undefined);
ssh.on("close", (code) => process.exit(code ?? 1));
