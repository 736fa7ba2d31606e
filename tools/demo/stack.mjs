// A private copy of an example, with a state backend of its own in a local folder.
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { engineEnv } from "../engine.mjs";

const PARALLEL = ["--parallel", "32"];

/** Opens a stack of a fleet, and leaves nothing of it, however its life ends. */
export async function withFleet(root, life, example = "nginx-fleet") {
    const stack = await openStack(root, example, "demo");
    try {
        await life(stack);
    } finally {
        await stack.destroy().catch(() => undefined);
        await stack.close();
    }
}

async function openStack(root, example, name) {
    const scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-demo-"));
    const folder = join(scratch, "program");
    await cp(join(root, "examples", example), folder, {
        recursive: true,
        filter: (file) => !/(^|\/)(node_modules|Pulumi\.[^/]+\.yaml)$/.test(file),
    });
    await link(folder, "pulumi-unikernel", root);
    for (const module of ["@pulumi/pulumi", "@types/node", "typescript"])
        await link(folder, module, join(root, "node_modules", module));
    await mkdir(join(scratch, "state"));
    const env = {
        ...engineEnv(),
        PULUMI_HOME: join(scratch, "home"),
        PULUMI_BACKEND_URL: `file://${join(scratch, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "demo",
        // For the key file of the user: a demo leaves nothing in the real data folder.
        XDG_DATA_HOME: join(scratch, "data"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const options = { cwd: folder, env, stdin: "ignore", timeout: 10 * 60_000 };

    /** Shows what Pulumi says as it says it, and returns it. */
    const shown = async (args) => {
        const all = ["--non-interactive", "--color", process.stdout.isTTY ? "always" : "never"];
        const run = await execa("pulumi", [...args, ...all], {
            ...options,
            stdout: ["inherit", "pipe"],
            stderr: ["inherit", "pipe"],
            all: true,
            reject: false,
        });
        if (run.failed) throw new Error(run.shortMessage);
        return run.all;
    };
    const quiet = async (args) => (await execa("pulumi", [...args, "--non-interactive"], options)).stdout;

    await quiet(["stack", "init", name]);
    return {
        folder,
        up: (...args) => shown(["up", "--yes", "--skip-preview", ...PARALLEL, ...args]),
        preview: (...args) => shown(["preview", "--diff", ...args]),
        destroy: () => shown(["destroy", "--yes", "--skip-preview", ...PARALLEL]),
        import: (type, name, id) =>
            shown(["import", type, name, id, "--yes", "--protect=false", "--generate-code=false", "--skip-preview"]),
        config: (key, value) => quiet(["config", "set", key, value]),
        outputs: async () => JSON.parse(await quiet(["stack", "output", "--json"])),
        resources: async () => JSON.parse(await quiet(["stack", "export"])).deployment.resources ?? [],
        close: () => rm(scratch, { recursive: true, force: true }),
    };
}

async function link(folder, module, target) {
    const place = join(folder, "node_modules", module);
    await mkdir(dirname(place), { recursive: true });
    await symlink(target, place);
}
