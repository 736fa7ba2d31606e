import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { probeKernel } from "../../../guests";
import { untimed } from "../../../model";
import { Calls } from "../../../provider/plugin/server/calls";
import { AWAY, MemoryFleet, urnAt } from "./memoryFleet";

let folder: string;
let kernel: string;
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "puk-roll-out-"));
    kernel = join(folder, "kernel");
    await writeFile(kernel, probeKernel());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let fleet: MemoryFleet;
beforeEach(async () => {
    fleet = new MemoryFleet(kernel);
    await fleet.create("one");
});

const checkAll = async (...texts: string[]) => {
    fleet.run();
    return Promise.all(texts.map((text, index) => fleet.check(index, text)));
};

test("state does not know the roll-out, and a change of it alone changes no member", async () => {
    expect(fleet.members.get(0)).not.toHaveProperty("rollOut");
    expect(fleet.rollOut).toMatchObject({ round: 1, consequence: "create 3, 1 at a time" });
    fleet.run();
    const inputs = await fleet.check(0, "one", { more: { replicas: 4, maxUnavailable: 2 } });
    expect((await fleet.diff(0, inputs)).changes).toBe(false);
});

test("its row appears exactly when a member or the strategy changes, and has the line", async () => {
    await checkAll("one", "one", "one");
    expect(await fleet.line()).toMatchObject({ line: "create 3, 1 at a time", changes: false });
    await checkAll("two", "one", "two");
    const line = "2 restarts: 1 at a time, at least 2 of 3 in service; about 20 s";
    expect(await fleet.line()).toMatchObject({ line, changes: true });
    await checkAll("one", "one", "one");
    expect(await fleet.line({ pause: 3 })).toMatchObject({ line: "", changes: true });
});

test("a replacement that the engine decides on is a check with olds and one without", async () => {
    const line = "1 replacement: 1 at a time, at least 2 of 3 in service; about 10 s";
    await checkAll("one", "one", "one");
    await fleet.check(1, "one", { olds: {} });
    expect(await fleet.line()).toMatchObject({ line, failures: [] });
    // With `--replace`, the engine of 3.259 checks it without olds alone.
    await checkAll("one");
    fleet.replaced = urnAt(1);
    await fleet.check(1, "one", { olds: {} });
    await fleet.check(2, "one");
    expect((await fleet.line()).line).toBe(line);
});

test("minInService fails where it does not hold, and where a member is no part of the run", async () => {
    await checkAll("two", "two", "two");
    expect((await fleet.line({ minInService: 3 })).failures).toEqual([
        expect.stringMatching(
            /^minInService: the roll-out keeps at least 2 of 3 in service, and 3 are asked for/,
        ) as string,
    ]);
    await checkAll("two", "two");
    expect((await fleet.line({ minInService: 1 })).failures).toEqual([
        expect.stringMatching(/^minInService: the budget is not provable: web-2 is no part of this run/) as string,
    ]);
    expect((await fleet.line()).line).toMatch(/^budget not provable: web-2 is no part of this run; 2 restarts/);
});

test("a member is stopped only with a reserve; one that is off is restarted in any case", async () => {
    await fleet.host.domains.destroy(fleet.uuid(2));
    fleet.run();
    const before = await fleet.host.domains.get(fleet.uuid(0));
    // As in a run, later members are not checked yet.
    const inputs = await fleet.check(0, "two");
    await expect(fleet.update(0, inputs)).rejects.toThrow(
        /web-0 is not stopped, and stays as it is: web may have 1 out of service at once; web-2 is off/,
    );
    expect(await fleet.host.domains.get(fleet.uuid(0))).toEqual(before);
    await fleet.update(2, await fleet.check(2, "two"));
    fleet.run();
    await fleet.update(0, await fleet.check(0, "two"));
    expect((await fleet.host.domains.get(fleet.uuid(0)))?.id).not.toBe(before?.id);
});

test("a host of a fleet that cannot be asked may have the members that are missing", async () => {
    fleet.run();
    // All are on the other one: the way to nowhere does not matter.
    await fleet.update(0, await fleet.check(0, "two", { more: { connections: [AWAY] } }));
    await fleet.host.domains.undefine(fleet.uuid(2));
    fleet.run();
    const secret = await fleet.check(0, "three", { more: { connections: [AWAY], secret: true } });
    const hushed = await fleet.update(0, secret).catch(String);
    expect(hushed).toMatch(/a host of the fleet could not be asked$/m);
    expect(hushed).not.toMatch(/away/);
    fleet.run();
    await expect(
        fleet.check(0, "three", { more: { connections: [AWAY] } }).then((inputs) => fleet.update(0, inputs)),
    ).rejects.toThrow(
        /web-2 is on no host that could be asked; qemu\+ssh:\/\/away\/system could not be asked: no route to it/,
    );
});

test("a replacement is refused before anything of the guest is removed", async () => {
    await fleet.host.domains.destroy(fleet.uuid(2));
    fleet.run();
    await fleet.check(0, "one");
    await fleet.check(0, "one", { olds: {} });
    await expect(fleet.remove(0)).rejects.toThrow(/web-2 is off/);
    expect((await fleet.host.domains.get(fleet.uuid(0)))?.active).toBe(true);
});

test("a change that stops nothing asks for nothing", async () => {
    await fleet.host.domains.destroy(fleet.uuid(2));
    fleet.run();
    const { rollOut: _, ...live } = { ...(await fleet.check(0, "one")), shutdownTimeout: 5, rollOut: 0 };
    fleet.host.forgetCalls();
    await fleet.update(0, live);
    expect(fleet.host.calls.get("domains.list")).toBeUndefined();
});

test("a wait does not count against the time of a call", async () => {
    const calls = new Calls(0, async () => undefined);
    expect(await calls.run(0.2, () => untimed(() => sleep(400, "done")))).toBe("done");
    await expect(calls.run(0.2, () => sleep(400))).rejects.toThrow(/not done after 0.2 s/);
    const late = calls.run(0.2, async () => {
        await untimed(() => sleep(300));
        await sleep(400);
    });
    await expect(late).rejects.toThrow(/not done after 0.2 s/);
});
