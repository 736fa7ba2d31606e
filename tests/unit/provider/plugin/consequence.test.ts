import { UNKNOWN } from "../../../../core";
import { withValues } from "../../../../provider/plugin/diff/consequence";

const change = (property: string, from: unknown, to: unknown) => ({ property, from, to, consequence: "restart" });

test.each([
    ["restart: memory", [change("memory", 64, 96)], "restart: memory 64 → 96 MiB"],
    ["live: state", [change("state", "running", "paused")], "live: state running → paused"],
    [
        "restart: args, memory, vcpus and 2 more",
        [change("memory", 64, 96), change("vcpus", 1, 2)],
        "restart: args, memory 64 → 96 MiB, vcpus 1 → 2 and 2 more",
    ],
    [
        "restart: memory; restart if blocks[0] changes",
        [change("memory", 64, 96)],
        "restart: memory 64 → 96 MiB; restart if blocks[0] changes",
    ],
    ["restart: args, /etc/nginx/nginx.conf", [change("args", ["a"], ["b"])], "restart: args, /etc/nginx/nginx.conf"],
    [
        "restart: env.memory, /data/memory, memory",
        [change("memory", 64, 96)],
        "restart: env.memory, /data/memory, memory 64 → 96 MiB",
    ],
    ["restart: maxMemory", [change("maxMemory", undefined, 96)], "restart: maxMemory"],
    ["restart if memory changes", [change("memory", 64, UNKNOWN)], "restart if memory changes"],
    [
        "restart: state (edited on the host)",
        [change("state", "edited on the host", undefined)],
        "restart: state (edited on the host)",
    ],
    ["replace: platform", [change("platform", "kvm", "xen")], "replace: platform"],
])("%s", (sentence, changes, shown) => {
    expect(withValues(sentence, changes)).toBe(shown);
});

test("a secret's values are not shown", () => {
    expect(withValues("restart: memory", [change("memory", 64, 96)], ["memory"])).toBe("restart: memory");
});
