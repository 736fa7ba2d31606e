import { createServer as createHttp, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { httpAttempt } from "../../../backends/libvirt/lifecycle/readiness/http";
import { type Attempt, probe } from "../../../backends/libvirt/lifecycle/readiness/probe";
import { fromHere } from "../../../backends/libvirt/lifecycle/readiness/reach";
import type { FindRoutes } from "../../../backends/libvirt/lifecycle/readiness/routes";
import { tcpAttempt } from "../../../backends/libvirt/lifecycle/readiness/tcp";
import { type HttpReadiness, hasCode } from "../../../model";
import { until } from "../../support/processes";
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

const HTTP = { port: 80, path: "/" };
const here = (find: FindRoutes) => ({ find, reach: fromHere });

/** What a probe ends with within the time, or with the first failure that `end` matches. */
async function tried(
    port: number,
    attempt: Attempt,
    milliseconds: number,
    { forwarded = false, minReady = 0, end }: { forwarded?: boolean; minReady?: number; end?: RegExp } = {},
): Promise<string> {
    let last = "";
    const answered = new AbortController();
    try {
        await probe(
            here(async () => [{ address: "127.0.0.1", port, forwarded }]),
            attempt,
            AbortSignal.any([AbortSignal.timeout(milliseconds), answered.signal]),
            (why) => {
                last = why;
                if (end?.test(why)) answered.abort();
            },
            minReady,
        );
        return "ready";
    } catch (error) {
        if (hasCode(error, "not-ready")) throw error;
        return last.replace(/^127\.0\.0\.1(:\d+)?: /, "");
    }
}

test.each<[number, string]>([
    [200, "ready"],
    [204, "ready"],
    [302, "ready"],
    [404, "HTTP 404 instead of 200–399"],
    [503, "HTTP 503 instead of 200–399"],
])("HTTP %i: %s", async (status, expected) => {
    const port = await web((request, response) => {
        response.writeHead(request.url === "/health" ? status : 500);
        response.end();
    });
    expect(await tried(port, httpAttempt({ ...HTTP, path: "/health" }), HANG_MS, { end: / HTTP \d/ })).toBe(expected);
});

type Answer = [status: number, body: string];
test.each<[string, Partial<HttpReadiness>, Answer, string]>([
    ["a status", { status: 204 }, [204, ""], "ready"],
    ["another status", { status: 204 }, [200, ""], "HTTP 200 instead of 204"],
    ["one of a list", { status: [401, 403] }, [403, ""], "ready"],
    ["none of a list", { status: [401, 403] }, [200, ""], "HTTP 200 instead of 401 or 403"],
    ["a body", { body: "^ready" }, [200, "not yet\nready: yes"], "ready"],
    [
        "another body",
        { body: "^ready" },
        [200, "starting\u0007"],
        'HTTP 200 with a body that does not match /^ready/: "starting\ufffd"',
    ],
    ["no body", { body: "." }, [200, ""], "HTTP 200 with a body that does not match /./: it is empty"],
    ["a body with another status", { body: "ready" }, [500, "ready"], "HTTP 500 instead of 200–399"],
    ["what comes after 64 KiB of a body", { body: "late" }, [200, `${"x".repeat(66_000)}late`], "HTTP 200 with a body"],
])("expected: %s", async (_what, expected, [status, body], outcome) => {
    const port = await web((_request, response) => response.writeHead(status).end(body));
    const attempt = httpAttempt({ ...HTTP, ...expected });
    expect((await tried(port, attempt, HANG_MS, { end: / HTTP \d/ })).slice(0, outcome.length)).toBe(outcome);
});

test("the host header is that of the declaration, else the address", async () => {
    const hosts: (string | undefined)[] = [];
    const port = await web((request, response) => {
        hosts.push(request.headers.host);
        response.end();
    });
    await tried(port, httpAttempt({ ...HTTP, host: "www.example.org:8080" }), HANG_MS);
    await tried(port, httpAttempt(HTTP), HANG_MS);
    expect(new Set(hosts)).toEqual(new Set(["www.example.org:8080", `127.0.0.1:${port}`]));
});

test("a body without an end is read for its beginning only, and its connection closed", async () => {
    let closed = 0;
    const port = await web((_request, response) => {
        const more = setInterval(() => response.write("ready ".repeat(2000)), 5);
        response.on("close", () => {
            closed++;
            clearInterval(more);
        });
    });
    expect(await tried(port, httpAttempt({ ...HTTP, body: "^ready" }), HANG_MS)).toBe("ready");
    await until(() => closed > 0);
});

test("a pattern that is not decided ends the wait", async () => {
    const port = await web((_request, response) => response.end(`${"a".repeat(60_000)}!`));
    await expect(tried(port, httpAttempt({ ...HTTP, body: "(a+)+$" }), HANG_MS)).rejects.toMatchObject({
        code: "not-ready",
        property: "readiness.http.body",
        message: expect.stringMatching(/was not decided within 1000 ms on the \d+ characters of the body/) as string,
    });
});

describe("for seconds without a failure", () => {
    /** Probe a server until it is ready; from its second answer on it fails, once or always. */
    async function flapping(failures: number, minReady: number): Promise<{ seen: string[]; failed: number }> {
        const seen: string[] = [];
        let [left, failed, answers] = [failures, 0, 0];
        const port = await web((_request, response) => {
            const fails = ++answers > 1 && left > 0;
            if (fails) [left, failed] = [left - 1, Date.now()];
            response.writeHead(fails ? 500 : 200).end();
        });
        const stop = new AbortController();
        await probe(
            here(async () => [{ address: "127.0.0.1", port, forwarded: false }]),
            httpAttempt(HTTP),
            stop.signal,
            (what) => {
                seen.push(what);
                if (minReady > 60_000 && /HTTP 500 .*, after/.test(what)) stop.abort();
            },
            minReady,
        ).catch(() => undefined);
        return { seen, failed };
    }

    test("one failure starts them again", async () => {
        const { seen, failed } = await flapping(1, 1200);
        expect(seen.filter((what) => /HTTP 500 .*, after/.test(what))).toHaveLength(1);
        expect(Date.now() - failed).toBeGreaterThanOrEqual(1200);
    });

    test("the failure names what was found", async () => {
        const { seen } = await flapping(Infinity, 100_000);
        expect(seen).toContainEqual(expect.stringMatching(/^no failure for \d+\.\d s$/));
        expect(seen).toContainEqual(
            expect.stringMatching(/^127\.0\.0\.1: HTTP 500 instead of 200–399, after \d+\.\d s without a failure$/),
        );
    });
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
    expect(await tried(port, httpAttempt(HTTP), HANG_MS)).toBe("ready");
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
    expect(await tried(port, httpAttempt(HTTP), HANG_MS)).toBe("ready");
});

test("no address yet is told", async () => {
    let last = "";
    await probe(
        here(async () => []),
        httpAttempt(HTTP),
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
    await probe(here(find), httpAttempt(HTTP), AbortSignal.timeout(5000), (why) => said.push(why));
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
                httpAttempt(HTTP),
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
            httpAttempt(HTTP),
            AbortSignal.timeout(500),
            (why) => said.push(why),
        ).catch(() => undefined);
        expect(said[0]).toMatch(
            new RegExp(
                `^127\\.0\\.0\\.1: connect E.*; 127\\.0\\.0\\.1:${routes[1]!.port}: HTTP 503 instead of 200–399; \\[::1\\]:${routes[2]!.port}: connect E`,
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
    const end = typeof expected === "string" ? undefined : expected;
    expect(await tried(port, tcpAttempt, expected === "" ? 900 : HANG_MS, { forwarded: true, end })).toMatch(expected);
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
    expect(await tried(port, tcpAttempt, HANG_MS, { forwarded: true })).toBe("ready");
    expect(Date.now()).toBeGreaterThan(listening);
    expect(listening).toBeGreaterThan(begin);
});

test("a port that is reached directly only has to take the connection", async () => {
    const port = await listen(createServer());
    expect(await tried(port, tcpAttempt, HANG_MS)).toBe("ready");
});
