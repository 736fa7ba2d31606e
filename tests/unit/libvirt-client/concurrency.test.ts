import { callKindOf, concurrencyLimits, Semaphore } from "../../../backends/libvirt/client/concurrency";

test("a gate lets so many in, and the others in their order", async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    let inside = 0,
        most = 0;
    await Promise.all(
        [0, 1, 2, 3, 4, 5].map(async (i) => {
            await semaphore.acquire();
            most = Math.max(most, ++inside);
            order.push(i);
            await new Promise((resolve) => setTimeout(resolve, 2));
            inside--;
            semaphore.release();
        }),
    );
    expect([most, order]).toEqual([2, [0, 1, 2, 3, 4, 5]]);
});

test("starts few, stops many, and no more calls than the 64 threads", () => {
    for (const remote of [false, true]) {
        const widths = concurrencyLimits(remote);
        expect(Object.values(widths).reduce((sum, width) => sum + width)).toBeLessThanOrEqual(64);
    }
    expect(concurrencyLimits(false).stop).toBeGreaterThanOrEqual(30);
    expect([
        callKindOf("domainStart"),
        callKindOf("domainDestroy"),
        callKindOf("volumeWrite"),
        callKindOf("domainState"),
    ]).toEqual(["start", "stop", "transfer", "other"]);
});
