import { Ahead } from "../../../backends/libvirt/lifecycle/observe/ahead";

test("what was asked ahead is not asked again, and anything else is", async () => {
    const asked: string[] = [];
    const ahead = new Ahead();
    const ask = (key: string): Promise<string> =>
        ahead.ask(key, async () => {
            asked.push(key);
            return `answer of ${key}`;
        });
    ahead.begin(() => void ask("kernel-1"));
    expect(await ask("kernel-1")).toBe("answer of kernel-1");
    expect(await ask("kernel-2")).toBe("answer of kernel-2");
    expect(asked).toEqual(["kernel-1", "kernel-2"]);
});

test("an answer counts for one look only", async () => {
    let version = 0;
    const ahead = new Ahead();
    const look = (): Promise<number> => ahead.ask("size", async () => ++version);
    ahead.begin(() => void look());
    expect(await look()).toBe(1);
    ahead.begin(() => void look());
    expect(await look()).toBe(2);
});

test("a failure of what no definition asks for is none; it is one where it is asked for", async () => {
    const ahead = new Ahead();
    const fail = (): Promise<never> => ahead.ask("digest", () => Promise.reject(new Error("no such host")));
    ahead.begin(() => void fail());
    await new Promise(setImmediate);
    await expect(fail()).rejects.toThrow("no such host");
});
