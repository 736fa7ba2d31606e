import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type Planted = string | { text: string; executable: true } | { link: string } | { folder: true };

/** A folder of this test's own, with a cache folder in it, gone at the end. */
export function workspace(): {
    path(...parts: string[]): string;
    plant(
        name: string,
        tree: Record<string, Planted>,
        options?: { reverse?: boolean; fresh?: boolean },
    ): Promise<string>;
} {
    let root = "";
    const before = process.env.XDG_CACHE_HOME;
    beforeEach(async () => {
        root = await mkdtemp(join(tmpdir(), "pulumi-unikernel-images-"));
        await chmod(root, 0o755);
        process.env.XDG_CACHE_HOME = join(root, "cache");
    });
    afterEach(async () => {
        if (before === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = before;
        await rm(root, { recursive: true, force: true });
    });
    const path = (...parts: string[]): string => join(root, ...parts);
    return {
        path,
        async plant(name, tree, { reverse = false, fresh = false } = {}) {
            const folder = path(name);
            await mkdir(folder, { recursive: true });
            const entries = Object.entries(tree);
            for (const [file, what] of reverse ? entries.reverse() : entries)
                await plantOne(join(folder, file), what, fresh);
            return folder;
        },
    };
}

async function plantOne(file: string, what: Planted, fresh: boolean): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    if (typeof what === "object" && "folder" in what) await mkdir(file, { recursive: true });
    else if (typeof what === "object" && "link" in what) await symlink(what.link, file);
    else {
        await writeFile(file, typeof what === "string" ? what : what.text);
        if (typeof what === "object") await chmod(file, 0o755);
        if (!fresh) await utimes(file, 1e9, 1e9);
    }
}

/** Every kind of name and entry that a tree may hold. */
export const oddTree: Record<string, Planted> = {
    "index.html": "<h1>hello</h1>",
    "conf/nginx.conf": "daemon off;\n",
    "bin/run": { text: "#!/bin/sh\n", executable: true },
    "empty.txt": "",
    "copy of conf": "daemon off;\n",
    "empty folder/deep/er": { folder: true },
    [`long/${"n".repeat(255)}`]: "255 bytes",
    "a/b/c/d/e/f/g/h/i/j/k/l": "twelve levels",
    "with\nline break/in\nside": "line break",
    "with\nline break/run\nme": { text: "#!/bin/sh\n", executable: true },
    "-dash": "dash",
    "--": "two dashes",
    "q'u\"o\\t=e": "quotes",
    "*[a]?": "pattern",
    "$HOME `id` #x": "shell",
    "<12>": "an inode to debugfs",
    " blanks ": "blanks",
    "Grüße/日本語 🙂": "unicode",
    "Grüße/e\u0301": "decomposed",
    __proto__: "a name of JavaScript's",
    "links/relative": { link: "../index.html" },
    "links/dangling": { link: "nowhere" },
    "links/absolute": { link: "/etc/nginx/nginx.conf" },
    "links/odd": { link: '--target with\nline "break"' },
    "links/long": { link: `${"x/".repeat(100)}x` },
};
