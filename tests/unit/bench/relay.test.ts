import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type Relay, startRelay } from "../../../bench/relay";

/** Reads to the end, and leaves the other direction open; iterating over a socket destroys it. */
async function textOf(socket: Socket): Promise<string> {
    const pieces: Buffer[] = [];
    socket.on("data", (piece: Buffer) => pieces.push(piece));
    await once(socket, "end");
    return Buffer.concat(pieces).toString();
}

let server: Server;
let relay: Relay;
const DELAY_MS = 100;

beforeAll(async () => {
    // Answers when the question has ended, with the question.
    server = createServer({ allowHalfOpen: true }, async (socket) => socket.end(await textOf(socket)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    relay = await startRelay((server.address() as AddressInfo).port, DELAY_MS);
});
afterAll(async () => {
    await relay.close();
    server.close();
});

test("bytes and ends pass in their order, and the answer of a new connection waits two delays", async () => {
    const words = Array.from({ length: 2000 }, (_, index) => `${index} `);
    const begin = performance.now();
    const socket = connect({ port: relay.port, host: "127.0.0.1", allowHalfOpen: true });
    for (const word of words) socket.write(word);
    socket.end();
    expect(await textOf(socket)).toBe(words.join(""));
    // Node's timers may be a millisecond early.
    expect(performance.now() - begin).toBeGreaterThan(2 * DELAY_MS - 5);
});

test("a connection that nothing accepts at the far end is closed", async () => {
    const nowhere = createServer();
    nowhere.listen(0, "127.0.0.1");
    await once(nowhere, "listening");
    const { port } = nowhere.address() as AddressInfo;
    nowhere.close();
    await once(nowhere, "close");
    const leadsNowhere = await startRelay(port, 0);
    const socket = connect({ port: leadsNowhere.port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    await once(socket, "close");
    await leadsNowhere.close();
});
