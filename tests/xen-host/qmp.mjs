// QEMU's monitor (docs/interop/qmp-spec in QEMU's sources), as much as starting and saving a machine needs.
import { connect } from "node:net";

/** @returns {Promise<{ execute: (command: string, args?: object) => Promise<unknown>, human: (line: string) => Promise<string>, close: () => void }>} */
export async function openMonitor(socketPath) {
    const socket = connect(socketPath);
    const waiting = [];
    let text = "";
    let ended;
    const end = (error) => {
        ended ??= error;
        for (const { reject } of waiting.splice(0)) reject(ended);
    };
    socket.setEncoding("utf8");
    socket.on("error", end);
    socket.on("close", () => end(new Error("QEMU closed its monitor")));
    socket.on("data", (chunk) => {
        const lines = (text += chunk).split("\n");
        text = lines.pop();
        for (const message of lines.map((line) => JSON.parse(line))) {
            if ("error" in message) waiting.shift()?.reject(new Error(message.error.desc));
            else if ("return" in message) waiting.shift()?.resolve(message.return);
        }
    });
    const execute = (command, args) =>
        new Promise((resolve, reject) => {
            if (ended) return reject(ended);
            waiting.push({ resolve, reject });
            socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
        });
    await execute("qmp_capabilities");
    return {
        execute,
        human: (line) => execute("human-monitor-command", { "command-line": line }),
        close: () => socket.destroy(),
    };
}
