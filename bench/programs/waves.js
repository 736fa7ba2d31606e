// Counts how often a program waits for a host. Answers are held until every call that was sent is answered; then all
// are passed on at once. So calls that do not wait for each other's answer are one wait, however fast the host is.
const { rmSync } = require("node:fs");
const { createServer } = require("node:net");

/** Milliseconds without another call after which a group counts as complete: they are sent by several processes. */
const QUIET_MS = 150;

/** Serve this on a socket to the processes of count-calls.js. */
exports.waves = (path) => {
    let group = [];
    let pending = 0;
    let timer;
    let done = [];
    const held = [];
    const sockets = new Set();
    const settle = () => {
        clearTimeout(timer);
        if (pending === 0 && group.length > 0) timer = setTimeout(release, QUIET_MS);
    };
    const release = () => {
        done.push(group);
        group = [];
        for (const pass of held.splice(0)) pass();
        for (const socket of sockets) socket.write("pass\n");
    };
    const asked = (what) => {
        group.push(what);
        pending++;
        settle();
    };
    const answered = () => {
        pending--;
        settle();
    };
    const server = createServer((socket) => {
        let open = 0;
        let rest = "";
        sockets.add(socket);
        socket.on("data", (bytes) => {
            const lines = (rest + bytes).split("\n");
            rest = lines.pop();
            for (const line of lines) {
                open += line === "answer" ? -1 : 1;
                if (line === "answer") answered();
                else asked(Number(line));
            }
        });
        socket.on("error", () => undefined);
        socket.on("close", () => {
            sockets.delete(socket);
            pending -= open;
            settle();
        });
    });
    rmSync(path, { force: true });
    server.listen(path).unref();
    return {
        /** Note a call. @returns to call when it is answered: resolves when the answer may be passed on */
        ask: (what) => {
            asked(what);
            return () => {
                answered();
                return new Promise((resolve) => held.push(resolve));
            };
        },
        /** Return the groups since the last time. */
        take: () => {
            const taken = done;
            done = [];
            return taken;
        },
    };
};
