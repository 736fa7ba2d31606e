import type { Converted } from "../declared";
import { baseName, Draft, filePath } from "../draft";
import { type Handlers, kernelOf, mebibytes, readOptions, whole } from "../options";
import { impossible, wrong } from "../wrong";
import { Networks, type RumprunPlatform } from "./rumprunNetwork";

/** Platforms of the tool, with what they are here. */
const PLATFORMS = { kvm: "kvm", qemu: "kvm", xen: "xen", iso: "iso" } satisfies Record<RumprunPlatform, string>;

const ELSEWHERE: Record<string, string> = {
    ec2: "it makes the contents of a volume for Amazon EC2",
    rc: "args is the command line of one program, and a multibaked binary has several",
};
const INSTEAD: Record<string, string> = {
    ec2: "convert the line with kvm, xen or iso in its place",
    rc: "bake one program into each kernel, and convert a line for each",
};

/** Options that the tool itself refuses on a platform, with what to do. The words are those of app-tools/rumprun of rumpkernel/rumprun. */
const REFUSED: Record<RumprunPlatform, Record<string, string>> = {
    kvm: { "-d": "leave it out: a guest that crashed is destroyed by default (onCrash)" },
    qemu: { "-d": "leave it out: a guest that crashed is destroyed by default (onCrash)" },
    xen: { "-g": "leave it out: a Xen guest has no QEMU to pass arguments to" },
    iso: {
        "-d": "leave it out: a medium is not run by a host",
        "-D": "leave it out, or convert the line with kvm: a debugger needs a host that runs the guest",
        "-g": "leave it out: a medium has no QEMU to pass arguments to",
        "-i": "leave it out: a machine shows the console itself",
        "-M": "leave it out: the machine has the memory that it has",
        "-n": "write -I TAG,DRIVER and -W TAG,inet,dhcp: a machine's driver has to be named",
        "-p": "leave it out: a medium is not run by a host",
    },
};

const GUEST_OPTIONS = "APP, the path of a baked kernel, after the options";

/** Convert `rumprun [script options] PLATFORM [guest options] APP [arguments]`. @param argv without the tool's name */
export function convertRumprun(argv: string[]): Converted {
    const lost: [option: string, reason: string][] = [];
    const folder = (option: string) => (path: string) =>
        lost.push([`${option} ${path}`, "a converted guest needs no temporary folder"]);
    const rest = readOptions(argv, {
        tool: "rumprun",
        stopAtOperand: true,
        handlers: {
            "-D": () => lost.push(["-D", "`pulumi preview` shows what would be done"]),
            "-S": () => lost.push(["-S", "no sudo is run: `connection` chooses whose libvirt runs the guest"]),
            "-h": () => {
                throw wrong("rumprun", "-h", "it prints the tool's help", "leave it out, and name a platform");
            },
            "-t <folder>": folder("-t"),
            "-T <folder>": folder("-T"),
        },
    });
    const platform = platformOf(rest.shift());
    const draft = new Draft(`rumprun ${platform}`);
    for (const [option, reason] of lost) draft.lose(option, reason);
    return convertGuest(draft, platform, rest);
}

function platformOf(word = ""): RumprunPlatform {
    if (Object.hasOwn(PLATFORMS, word)) return word as RumprunPlatform;
    if (Object.hasOwn(ELSEWHERE, word)) throw impossible("rumprun", word, ELSEWHERE[word]!, INSTEAD[word]!);
    const expected = "expected a platform: kvm, qemu, xen or iso";
    throw wrong("rumprun", word || "(end of the line)", expected, "name the platform before the guest's options");
}

function convertGuest(draft: Draft, platform: RumprunPlatform, words: string[]): Converted {
    const networks = new Networks(draft, platform);
    const env: [name: string, value: string][] = [];
    const qemuArgs: string[] = [];
    let [name, destroyed] = ["", false];
    draft.set("platform", PLATFORMS[platform], platform);

    const handlers: Handlers = {
        "-b <blkspec>": (text) => addDisk(draft, text, platform),
        "-d": () => {
            destroyed = true;
        },
        "-D <port>": (text) => {
            const port = whole(draft.tool, `-D ${text}`, text, "a port");
            // gdbsx listens on all addresses, and this package has that said.
            draft.set("gdb", platform === "xen" ? { port, address: "0.0.0.0" } : { port }, `-D ${text}`);
            if (platform !== "xen")
                draft.remark(
                    `-D ${text}`,
                    'gdb listens on 127.0.0.1 alone; the tool listens on all addresses, as address: "0.0.0.0"',
                );
        },
        "-e <variable>": (text) => addVariable(draft, env, text),
        "-g <arguments>": (text) => qemuArgs.push(...text.split(/\s+/).filter(Boolean)),
        "-i": () => {
            draft.console = true;
        },
        "-I <interface>": (text) => networks.create(text),
        "-M <memory>": (text) => draft.set("memory", mebibytes(draft.tool, `-M ${text}`, text), `-M ${text}`),
        "-n <netspec>": (text) => networks.createAndConfigure(text),
        "-N <name>": (text) => {
            name = text;
            if (platform === "iso") draft.set("output", filePath(text), `-N ${text}`);
            else draft.setIfPossible("name", text, `-N ${text}`);
            draft.setIfPossible("hostname", text, `-N ${text}`);
        },
        "-p": () => draft.set("state", "paused", "-p"),
        "-W <netspec>": (text) => networks.configure(text),
    };
    const operands = readOptions(words, {
        tool: draft.tool,
        stopAtOperand: true,
        handlers: { ...handlers, ...refusals(draft.tool, platform, Object.keys(handlers)) },
    });
    const [kernel, args] = [kernelOf(draft.tool, operands, GUEST_OPTIONS), operands.slice(1)];
    networks.finish();
    draft.set("kernel", filePath(kernel), kernel);
    if (args.length > 0) draft.set("args", args, args.join(" "));
    if (env.length > 0) draft.set("env", Object.fromEntries(env), "-e");
    if (platform === "qemu") draft.set("accelerator", "tcg", platform);
    if (platform === "xen") crashed(draft, destroyed);
    if (qemuArgs.length > 0) {
        draft.set("qemuArgs", qemuArgs, "-g");
        draft.remark("-g", "QEMU gets them after `pulumi config set unikernel:allowQemuArgs true`");
    }
    return draft.finish(name.replace(/\.iso$/i, "") || baseName(kernel));
}

/** Return handlers that refuse what the tool refuses on the platform. */
function refusals(tool: string, platform: RumprunPlatform, forms: string[]): Handlers {
    return Object.fromEntries(
        Object.entries(REFUSED[platform]).map(([option, hint]) => [
            forms.find((form) => form.split(" ")[0] === option)!,
            () => {
                throw wrong(tool, option, `the tool does not take it on ${platform}`, hint);
            },
        ]),
    );
}

/** `-b FILE[,MOUNT]`: the mount point is what follows the last comma. */
function addDisk(draft: Draft, text: string, platform: RumprunPlatform): void {
    const option = `-b ${text}`;
    const at = text.lastIndexOf(",");
    const [file, mount] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    if (file === "") throw wrong(draft.tool, option, "expected FILE[,MOUNT], found no file", "name the image's file");
    const isIso = /\.iso$/i.test(file);
    // Media and iso9660 are never written; another file may be, and the guest then has a copy of its own.
    const written = !isIso && platform !== "iso";
    draft.addDisk(
        { path: filePath(file), ...(mount === "" ? {} : { mount }), ...(written ? { access: "persist" } : {}) },
        option,
        isIso,
    );
    if (written)
        draft.remark(
            option,
            'the guest writes to a copy that is kept, and not to the file itself; access: "read" shares the file unwritten',
        );
    if (!isIso) return;
    draft.remark(
        option,
        'a BlockImage may also be built from the folder that the image was made of: source: "./FOLDER", without format',
    );
    if (mount === "/etc")
        draft.remark(
            option,
            "an image at /etc hides the guest's own passwd, and a program that looks up a user (nginx does) stops: mount it at /etc/nginx",
        );
}

function addVariable(draft: Draft, env: [string, string][], text: string): void {
    const at = text.indexOf("=");
    if (at > 0) env.push([text.slice(0, at), text.slice(at + 1)]);
    else if (at === 0 || text === "") throw wrong(draft.tool, `-e ${text}`, "expected NAME=VALUE, found no name");
    else draft.lose(`-e ${text}`, `a variable has a value: write ${text}= for an empty one`);
}

function crashed(draft: Draft, destroyed: boolean): void {
    if (destroyed) {
        draft.set("onCrash", "destroy", "-d");
        return;
    }
    draft.set("onCrash", "preserve", "(no -d)");
    draft.remark(
        "(no -d)",
        "the tool keeps a guest that crashed, and one that powered off; here only one that crashed is kept",
    );
}
