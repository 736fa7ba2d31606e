import { createHmac, randomBytes } from "node:crypto";
import { link, mkdir, open, rm, stat } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { dirname, join } from "node:path";
import { KEY_DIGITS, printable, UnikernelError } from "../../model";

/** 64 hexadecimal digits, then where and when the file was made, for the message about a plan from another machine. */
const FORM = /^([0-9a-f]{64}) (made [ -~]{1,200})\n$/;
const OTHERS = 0o077;

/**
 * Return the path of this user's key file (XDG Base Directory Specification: $XDG_DATA_HOME, by default ~/.local/share;
 * a relative path is ignored).
 */
export function keyFilePath(): string {
    const base = process.env.XDG_DATA_HOME;
    // A separate folder: its parent is also the guests' folder of a session, which QEMU must be able to enter.
    return join(
        base?.startsWith("/") ? base : join(homedir(), ".local", "share"),
        "pulumi-unikernel",
        "keys",
        "digests",
    );
}

/**
 * Return a resource's key from this user's key file: the same in each run on this machine, without the engine's seed.
 * The file is created if it does not exist. The text after the key names the file's origin; the engine shows it when a
 * plan was made with another file.
 * @throws UnikernelError `permission` where other users can read the file, `invalid` where it is not a key file; errors
 * of the file system unchanged
 */
export async function keyFromFile(urn: string): Promise<string> {
    const { secret, origin } = await readOrMake(keyFilePath());
    const digits = createHmac("sha256", Buffer.from(secret, "hex")).update(urn).digest("hex").slice(0, KEY_DIGITS);
    return `${digits} (of the key file ${origin})`;
}

interface KeyFile {
    secret: string;
    origin: string;
}

async function readOrMake(path: string): Promise<KeyFile> {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    refuseOpen(folder, (await stat(folder)).mode, 0o700);
    return (await read(path)) ?? (await make(path));
}

/** @returns undefined when there is no file */
async function read(path: string): Promise<KeyFile | undefined> {
    const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
    });
    if (!file) return undefined;
    try {
        refuseOpen(path, (await file.stat()).mode, 0o600);
        const [, secret, origin] = FORM.exec(await file.readFile("latin1")) ?? [];
        if (secret !== undefined && origin !== undefined) return { secret, origin };
        throw new UnikernelError(
            "invalid",
            `${path} is not a key file: expected 64 hexadecimal digits and where it was made`,
            {
                hint: `restore it, or remove it so that a new one is made. Existing resources keep the keys that their stacks hold; only plans that were saved before no longer apply`,
            },
        );
    } finally {
        await file.close();
    }
}

/**
 * Another run may create the file at the same time: a link to a complete file is exclusive and never shows half of one.
 */
async function make(path: string): Promise<KeyFile> {
    const made: KeyFile = {
        secret: randomBytes(32).toString("hex"),
        origin: `made on ${machineName()} at ${new Date().toISOString().slice(0, 19)}Z`,
    };
    const draft = `${path}.${randomBytes(8).toString("hex")}`;
    try {
        const file = await open(draft, "wx", 0o600);
        try {
            await file.writeFile(`${made.secret} ${made.origin}\n`);
            await file.sync();
        } finally {
            await file.close();
        }
        await link(draft, path);
        return made;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        const other = await read(path);
        if (!other) throw error;
        return other;
    } finally {
        await rm(draft, { force: true });
    }
}

function machineName(): string {
    return (
        printable(hostname())
            .replace(/[^ -~]/g, "?")
            .slice(0, 100) || "a machine without a name"
    );
}

function refuseOpen(path: string, mode: number, expected: number): void {
    if ((mode & OTHERS) === 0) return;
    const octal = (bits: number) => `0${(bits & 0o777).toString(8)}`;
    throw new UnikernelError(
        "permission",
        `${path} keys the digests over secrets and is open to other users: found mode ${octal(mode)}, expected ${octal(expected)}`,
        {
            hint: `chmod ${octal(expected).slice(1)} ${path}; where others may have read the key, remove the file first: existing resources keep the keys that their stacks hold`,
        },
    );
}
