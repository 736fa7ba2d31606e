import { opensPrivateFiles } from "../../../backends/kvm/privateFiles";
import type { Host } from "../../../backends/libvirt/host";

const dac = (
    label: string,
): string => `<secmodel><model>none</model><doi>0</doi></secmodel><secmodel><model>dac</model><doi>0</doi>
    <baselabel type='kvm'>${label}</baselabel><baselabel type='qemu'>${label}</baselabel></secmodel>`;

/** A host that says what it was asked; a probe guest with a kernel of each mode starts, or not. */
function host(secmodels: string, owner: number | undefined, fails: number[] = []): { host: Host; asked: string[] } {
    const asked: string[] = [];
    let mode = 0;
    const note = (name: string, value?: unknown) => async (): Promise<unknown> => {
        asked.push(name);
        return value;
    };
    const domains = {
        list: note("list", []),
        define: note("define"),
        destroy: note("destroy", true),
        undefine: note("undefine"),
        start: async () => {
            asked.push("start");
            if (fails.includes(mode)) throw new Error("QEMU ended");
            return 1;
        },
    };
    const files = {
        owner: note("owner", owner),
        put: async (_uuid: string, _name: string, _parts: unknown, options: { mode: number }) => {
            asked.push("put");
            mode = options.mode;
        },
        list: note("files", [{ name: "kernel", size: 1 }]),
        remove: note("remove"),
        removeFolder: note("removeFolder"),
        path: async (_uuid: string, name: string) => `/srv/probe/${name}`,
    };
    return {
        asked,
        host: {
            info: async () => ({ capabilities: `<capabilities><host>${secmodels}</host></capabilities>` }),
            domains,
            files,
        } as unknown as Host,
    };
}

const QEMU = dac("+64055:+64055");
const running = { uuid: "u", type: "qemu", kernel: "kernel-0123456789abcdef" };
const probed = ["list", "put", "define", "start", "destroy", "undefine", "files", "remove", "removeFolder"];

test.each<[string, Parameters<typeof host>, Partial<typeof running>, boolean, string[]]>([
    ["a host without libvirt's DAC driver, such as a session", ["", 0], {}, true, []],
    ["guests that run as root", [dac("+0:+0"), 1000], {}, true, []],
    ["a kernel that libvirt gave to QEMU's user", [QEMU, 64055], {}, true, ["owner"]],
    [
        "a kernel of another owner, and a probe guest that starts: the setting was changed since",
        [QEMU, 0],
        {},
        true,
        ["owner", ...probed],
    ],
    ["a kernel that is not there", [QEMU, undefined], {}, true, ["owner", ...probed]],
    ["a kernel that lies elsewhere", [QEMU, 64055], { kernel: undefined }, true, probed],
    ["a probe guest whose kernel may not be opened", [QEMU, 0, [0o600]], {}, false, ["owner", ...probed, ...probed]],
    [
        "a probe guest that fails for another reason",
        [QEMU, 0, [0o600, 0o644]],
        {},
        true,
        ["owner", ...probed, ...probed],
    ],
])("%s", async (_name, seen, changes, expected, calls) => {
    const { host: on, asked } = host(...seen);
    expect(await opensPrivateFiles(on, { ...running, ...changes })).toBe(expected);
    expect(asked).toEqual(calls);
});
