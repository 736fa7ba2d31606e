import { Gate, laneOf, laneWidths } from "../../../backends/libvirt/client/lanes";

test("a gate lets so many in, and the others in their order", async () => {
    const gate = new Gate(2);
    const order: number[] = [];
    let inside = 0,
        most = 0;
    await Promise.all(
        [0, 1, 2, 3, 4, 5].map(async (i) => {
            await gate.enter();
            most = Math.max(most, ++inside);
            order.push(i);
            await new Promise((resolve) => setTimeout(resolve, 2));
            inside--;
            gate.leave();
        }),
    );
    expect([most, order]).toEqual([2, [0, 1, 2, 3, 4, 5]]);
});

test("starts few, stops many, and no more calls than the 64 threads", () => {
    for (const remote of [false, true]) {
        const widths = laneWidths(remote);
        expect(Object.values(widths).reduce((sum, width) => sum + width)).toBeLessThanOrEqual(64);
    }
    expect(laneWidths(false).stop).toBeGreaterThanOrEqual(30);
    expect([laneOf("domainStart"), laneOf("domainDestroy"), laneOf("volumeWrite"), laneOf("domainState")]).toEqual([
        "start",
        "stop",
        "transfer",
        "other",
    ]);
});
