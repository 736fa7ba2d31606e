import type { Converted } from "../declared";
import { baseName, Draft, filePath } from "../draft";
import { kernelOf, readOptions } from "../options";
import { wrong } from "../wrong";
import { KraftNetworks } from "./kraftNetwork";

const TOOL = "kraft run";

/** Quantities of Kubernetes, in bytes. */
const BYTES: Record<string, number> = { "": 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
const PLATFORMS: Record<string, "kvm" | "xen"> = { auto: "kvm", qemu: "kvm", kvm: "kvm", xen: "xen" };
const BUILD = "the tool reads it from a project; build that (kraft build) and name the kernel";

/** Convert `kraft run [options] BINARY [-- arguments]` (internal/cli/kraft/run of unikraft/kraftkit). @param argv without `kraft` */
export function convertKraft(argv: string[]): Converted {
    const [command, ...words] = argv;
    if (command !== "run" && command !== "r")
        throw wrong(
            "kraft",
            command ?? "(end of the line)",
            "expected the command run",
            "convert the line that runs the guest",
        );
    const end = words.indexOf("--");
    const [own, args] = end < 0 ? [words, []] : [words.slice(0, end), words.slice(end + 1)];

    const draft = new Draft(TOOL);
    const networks = new KraftNetworks(draft);
    const env: [name: string, value: string][] = [];
    let [platform, name, memory]: ["kvm" | "xen", string, string] = ["kvm", "", "64Mi"];
    const lose = (option: string, reason: string) => (value: string) => draft.lose(`${option} ${value}`.trim(), reason);
    const initrd = (option: string) => (path: string) => setRootfs(draft, `${option} ${path}`, path);

    const operands = readOptions(own, {
        tool: TOOL,
        handlers: {
            "-m, --arch <name>": (text) => {
                if (text !== "x86_64" && text !== "auto") draft.lose(`--arch ${text}`, "guests are built for x86_64");
            },
            // The engine waits for no guest: it always runs in the background.
            "-d, --detach": () => {},
            "-W, --disable-acceleration": () => draft.set("accelerator", "tcg", "-W"),
            "-e, --env <variable>": (text) => {
                const at = text.indexOf("=");
                if (at > 0) env.push([text.slice(0, at), text.slice(at + 1)]);
                else draft.lose(`-e ${text}`, "its value is of the tool's own environment: write NAME=VALUE");
            },
            "--initrd <path>": initrd("--initrd"),
            "--rootfs <path>": initrd("--rootfs"),
            "--rootfs-type <type>": (text) => {
                if (text !== "cpio") draft.lose(`--rootfs-type ${text}`, "an initrd is a cpio archive");
            },
            "--ip <address>": (text) => networks.setAddress(text),
            "-a, --kernel-arg <text>": lose("-a", "the parameters of Unikraft follow from the other arguments"),
            "-K, --kraftfile <path>": lose("-K", BUILD),
            "--mac <address>": (text) => networks.setMac(text),
            "-M, --memory <size>": (text) => {
                memory = text;
            },
            "-n, --name <name>": (text) => {
                name = text;
                draft.setIfPossible("name", text, `-n ${text}`);
            },
            "--network <network>": (text) => networks.join(text),
            "--no-start": () => draft.set("state", "stopped", "--no-start"),
            "--plat <name>": (text) => {
                if (Object.hasOwn(PLATFORMS, text)) platform = PLATFORMS[text]!;
                else draft.lose(`--plat ${text}`, "build the kernel for qemu (or xen)");
            },
            "-p, --port <ports>": (text) => networks.publish(text),
            "--prefix <text>": lose("--prefix", "`npx pulumi-unikernel logs` prints a guest's lines"),
            "--prefix-name": lose("--prefix-name", "`npx pulumi-unikernel logs` prints a guest's lines"),
            "--rm": lose("--rm", "a guest is removed by `pulumi destroy`, and not when it ends"),
            "--as <runner>": lose("--as", "the kernel is always a file"),
            "-r, --runtime <name>": lose("-r", BUILD),
            "-t, --target <name>": lose("-t", BUILD),
            "-v, --volume <volume>": lose(
                "-v",
                "a folder of the host (9p) cannot be mounted; put its files into initrd",
            ),
            "--symbolic": lose("--symbolic", "name the kernel with symbols itself"),
        },
    });
    const operand = kernelOf(TOOL, operands, "BINARY, the path of a kernel");
    draft.set("platform", platform, "--plat");
    draft.set("kernel", kernelPath(draft, operand), operand);
    const all = [...operands.slice(1), ...args];
    if (all.length > 0) draft.set("args", all, all.join(" "));
    if (env.length > 0) draft.set("env", Object.fromEntries(env), "-e");
    draft.set("memory", memoryOf(memory), `-M ${memory}`);
    networks.finish(platform);
    return draft.finish(
        name ||
            baseName(operand)
                .replace(/[@:].*$/, "")
                .replace(/_(qemu|xen|fc)-x86_64$/, ""),
    );
}

/** Return the path of the kernel; of a package or project, where its kernel will be. */
function kernelPath(draft: Draft, operand: string): string {
    if (/^[\w-]+(\.[\w-]+)+(:\d+)?\/|^oci:\/\/|:[\w.-]+$|@sha256:/.test(operand)) {
        draft.lose(
            operand,
            "a package is not fetched: `kraft pkg pull -w FOLDER` writes its kernel, which is then named here",
        );
        return "./unikraft/bin/kernel";
    }
    if (/(^|\/)\.{0,2}$/.test(operand)) {
        draft.lose(operand, "a project is not built: `kraft build` writes its kernel, which is then named here");
        return filePath(`${operand.replace(/\/+$/, "")}/.unikraft/build/kernel_qemu-x86_64`);
    }
    return filePath(operand);
}

function setRootfs(draft: Draft, option: string, path: string): void {
    if (/\.cpio$/.test(path)) draft.set("initrd", filePath(path), option);
    else
        draft.lose(
            option,
            "only the tool packs a folder, Dockerfile or image: pack it with `cpio -o -H newc`, and name that file as initrd",
        );
}

function memoryOf(text: string): number {
    const [, number = "", unit = ""] = /^(\d{1,12}(?:\.\d{1,6})?)(k|K|M|G|Ki|Mi|Gi)?$/.exec(text) ?? [];
    const size = Math.ceil((Number(number) * BYTES[unit]!) / 2 ** 20);
    if (number === "" || Number(number) * BYTES[unit]! < 2 ** 20)
        throw wrong(TOOL, `-M ${text}`, `expected at least 1Mi, such as 64Mi or 1Gi, found ${JSON.stringify(text)}`);
    return size;
}
