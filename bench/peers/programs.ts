import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { must } from "../../tests/support/processes";

/** A program that is built from a Go module of another project, pinned by the module file in `folder`. */
interface GoProgram {
    /** Folder beside this file with go.mod and go.sum. */
    folder: string;
    module: string;
    /** Path of the main package. */
    package: string;
    name: string;
}

const TOFU: GoProgram = {
    folder: "tofu-build",
    module: "github.com/opentofu/opentofu",
    package: "github.com/opentofu/opentofu/cmd/tofu",
    name: "tofu",
};
const PROVIDER: GoProgram = {
    folder: "provider-build",
    module: "github.com/dmacvicar/terraform-provider-libvirt",
    package: "github.com/dmacvicar/terraform-provider-libvirt",
    name: "terraform-provider-libvirt",
};

/** Paths and versions of the peers' programs. */
export interface Programs {
    tofu: { program: string; version: string };
    provider: { folder: string; version: string };
}

/** Return the version of a module that a go.mod file requires. */
export function versionOf(goMod: string, module: string): string {
    const line = goMod.split("\n").find((text) =>
        text
            .replace(/^require /, "")
            .trim()
            .startsWith(`${module} v`),
    );
    const version = line && /\bv\d\S*/.exec(line.trim().slice(line.trim().indexOf(module) + module.length))?.[0];
    if (!version) throw new Error(`go.mod does not require ${module}`);
    return version;
}

/** Build and install what is missing; building OpenTofu takes seven minutes on two cores with nothing cached. */
export async function ensurePrograms(log: (line: string) => void): Promise<Programs> {
    const { installMissing } = await import("../../tools/setup/debian.mjs");
    await installMissing({ virtinst: "virt-install and virt-xml" });
    const tofu = await ensure(TOFU, log);
    const provider = await ensure(PROVIDER, log);
    return { tofu, provider: { folder: dirname(provider.program), version: provider.version } };
}

/** Return a Go program in the cache folder, built where it is not there yet. */
async function ensure(wanted: GoProgram, log: (line: string) => void): Promise<{ program: string; version: string }> {
    const { cacheFolder } = await import("../../tools/engine.mjs");
    const source = join(__dirname, wanted.folder);
    const goMod = join(source, "go.mod");
    const version = versionOf(readFileSync(goMod, "utf8"), wanted.module);
    const program = join(cacheFolder(), "peers", `${wanted.name}-${version}`, wanted.name);
    if (existsSync(program)) return { program, version };
    const { ensureGo } = await import("../../tools/setup/go.mjs");
    const go = await ensureGo(goMod);
    log(`peers: building ${wanted.package} ${version}`);
    await mkdir(dirname(program), { recursive: true });
    const fresh = `${program}.${process.pid}`;
    try {
        await must("nice", [go.program, "build", "-ldflags", "-s -w", "-o", fresh, wanted.package], {
            cwd: source,
            env: {
                GOTOOLCHAIN: go.toolchain,
                GOFLAGS: "-mod=readonly -trimpath",
                GOWORK: "off",
                CGO_ENABLED: "0",
            },
        });
        await rename(fresh, program);
    } finally {
        await rm(fresh, { force: true });
    }
    return { program, version };
}
