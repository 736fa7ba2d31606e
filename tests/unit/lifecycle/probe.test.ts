import { createServer as createHttp, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

import { httpAttempt } from "../../../backends/libvirt/lifecycle/readiness/http";
import { type Attempt, probe } from "../../../backends/libvirt/lifecycle/readiness/probe";
import { fromHere } from "../../../backends/libvirt/lifecycle/readiness/reach";
import type { FindRoutes } from "../../../backends/libvirt/lifecycle/readiness/routes";
import { tcpAttempt } from "../../../backends/libvirt/lifecycle/readiness/tcp";
import { HANG_MS } from "../../support/time";

const open: { close(): unknown }[] = [];
afterEach(() => {
    for (const one of open.splice(0)) one.close();
});

const destroyLater = (socket: Socket): void => {
    socket.on("error", () => undefined);
    open.push({ close: () => socket.destroy() });
};

function listen(server: Server, port = 0): Promise<number> {
    open.push(server);
    server.on("connection", destroyLater);
    return new Promise((resolve) =>
        server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    );
}
const web = (answer: RequestListener): Promise<number> => listen(createHttp(answer));

const here = (find: FindRoutes) => ({ find, reach: fromHere });

/** What a probe ends with within the time. */
async function tried(port: number, attempt: Attempt, milliseconds: number, forwarded = false): Promise<string> {
    let last = "";
    try {
        await probe(
            here(async () => [{ address: "127.0.0.1", port, forwarded }]),
            attempt,
            AbortSignal.timeout(milliseconds),
            (why) => {
                last = why;
            },
        );
        return "ready";
    } catch {
        return last.replace(/^127\.0\.0\.1(:\d+)?: /, "");
    }
}

test.each<[number, string]>([
    [200, "ready"],
    [204, "ready"],
    [302, "ready"],
    [404, "HTTP 404"],
    [503, "HTTP 503"],
])("HTTP %i: %s", async (status, expected) => {
    const port = await web((request, response) => {
        response.writeHead(request.url === "/health" ? status : 500);
        response.end();
    });
    expect(await tried(port, httpAttempt("/health"), expected === "ready" ? 5000 : 300)).toBe(expected);
});

test("a server that is not there yet", async () => {
    const gone = createServer();
    const port = await listen(gone);
    gone.close();
    setTimeout(
        () =>
            void listen(
                createHttp((_request, response) => response.end("up")),
                port,
            ),
        400,
    );
    expect(await tried(port, httpAttempt("/"), HANG_MS)).toBe("ready");
});

test("a server that first hangs: a later request does not wait for the first", async () => {
    let hanging = 0;
    const port = await web((request, response) => {
        // Answered only while another one still hangs: one that comes after it was given up is none that did not wait.
        if (hanging > 0) return void response.end("up");
        hanging++;
        request.socket.once("close", () => {
            hanging--;
        });
    });
    expect(await tried(port, httpAttempt("/"), HANG_MS)).toBe("ready");
});

test("no address yet is told", async () => {
    let last = "";
    await probe(
        here(async () => []),
        httpAttempt("/"),
        AbortSignal.timeout(100),
        (why) => {
            last = why;
        },
    ).catch(() => undefined);
    expect(last).toBe("the guest has no address yet");
});

test("an address that cannot be asked for is told, and asked for again", async () => {
    let asked = 0;
    const port = await web((_request, response) => response.end());
    const find = async () => {
        if (asked++ === 0) throw new Error("no leases");
        return [{ address: "127.0.0.1", port, forwarded: false }];
    };
    const said: string[] = [];
    await probe(here(find), httpAttempt("/"), AbortSignal.timeout(5000), (why) => said.push(why));
    expect(said[0]).toBe("no leases");
});

describe("a guest with several addresses", () => {
    const closed = async (): Promise<number> => {
        const server = createServer();
        const port = await listen(server);
        server.close();
        return port;
    };
    const silent = (): Promise<number> => web(() => undefined);
    const to = (port: number) => ({ address: "127.0.0.1", port, forwarded: true });

    test.each<[string, () => Promise<number>]>([
        ["refuses", closed],
        ["does not answer", silent],
    ])("is ready when one of them answers, while another %s", async (_what, other) => {
        const routes = [to(await other()), to(await web((_request, response) => response.end()))];
        for (const list of [routes, [...routes].reverse()])
            await probe(
                here(async () => list),
                httpAttempt("/"),
                AbortSignal.timeout(HANG_MS),
                () => undefined,
            );
    });

    test("names each address that was tried, with its error", async () => {
        const routes = [
            { address: "127.0.0.1", port: await closed(), forwarded: false },
            to(await web((_request, response) => response.writeHead(503).end())),
            { address: "::1", port: await closed(), forwarded: true },
        ];
        const said: string[] = [];
        await probe(
            here(async () => routes),
            httpAttempt("/"),
            AbortSignal.timeout(500),
            (why) => said.push(why),
        ).catch(() => undefined);
        expect(said[0]).toMatch(
            new RegExp(
                `^127\\.0\\.0\\.1: connect E.*; 127\\.0\\.0\\.1:${routes[1]!.port}: HTTP 503; \\[::1\\]:${routes[2]!.port}: connect E`,
            ),
        );
    });
});

/** A forward as QEMU's user network makes it: it takes every connection, then tries the guest. */
function forwardTo(guest: (taken: Socket) => void): Promise<number> {
    return listen(createServer({ allowHalfOpen: true }, guest));
}
const through =
    (port: number) =>
    (taken: Socket): void => {
        const inner = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        inner.on("error", () => taken.destroy());
        destroyLater(inner);
        taken.pipe(inner).pipe(taken);
    };

test.each<[string, (taken: Socket) => void, string | RegExp]>([
    [
        "that sends something first",
        (taken) => {
            taken.write("SSH-2.0\r\n");
        },
        "ready",
    ],
    [
        "that ends when we do",
        (taken) => {
            taken.on("end", () => taken.end());
            taken.resume();
        },
        "ready",
    ],
    [
        "that refuses",
        (taken) => {
            taken.destroy();
        },
        /refused by the guest|closed|ECONNRESET/,
    ],
    ["that has no address yet", () => undefined, ""],
])("a forwarded port of a guest %s", async (_what, guest, expected) => {
    const port = await forwardTo(guest);
    expect(await tried(port, tcpAttempt, expected === "ready" ? 8000 : 900, true)).toMatch(expected);
});

test("a forwarded port whose guest gets its address late, and listens later still", async () => {
    const server = createServer((socket) => socket.resume().on("end", () => socket.end()));
    const inner = await listen(server);
    server.close();
    // Hangs without an address, then refuses, then answers.
    const begin = Date.now();
    let waiting: Socket[] | undefined = [];
    const port = await forwardTo((taken) => (waiting ? waiting.push(taken) : through(inner)(taken)));
    setTimeout(() => {
        for (const taken of waiting ?? []) through(inner)(taken);
        waiting = undefined;
    }, 600);
    let listening = 0;
    setTimeout(() => {
        listening = Date.now();
        void listen(
            createServer({ allowHalfOpen: true }, (socket) => socket.resume().on("end", () => socket.end())),
            inner,
        );
    }, 1500);
    expect(await tried(port, tcpAttempt, 15_000, true)).toBe("ready");
    expect(Date.now()).toBeGreaterThan(listening);
    expect(listening).toBeGreaterThan(begin);
});

test("a port that is reached directly only has to take the connection", async () => {
    const port = await listen(createServer());
    expect(await tried(port, tcpAttempt, 5000)).toBe("ready");
});
