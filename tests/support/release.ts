import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { must } from "./processes";

const repository = resolve(__dirname, "../..");

/** The release of commit 4332969; `node tools/release.mjs COMMIT` packs another. */
export const OLD_RELEASE = join(repository, "tests/fixtures/pulumi-unikernel-0.1.0.tgz");

/** Make a folder of packages with links to those that a checkout has installed. */
export async function linkPackages(checkout: string, modules: string): Promise<void> {
    await mkdir(modules);
    const installed = join(checkout, "node_modules");
    const packages = (await readdir(installed)).filter((name) => !name.startsWith("."));
    for (const name of packages) await symlink(join(installed, name), join(modules, name));
}

/**
 * A folder of packages in which releases are installed one after the other, as `npm install` unpacks them. Their
 * dependencies come from this repository, so nothing is downloaded.
 */
export class Installation {
    /** This repository's package, once it was packed. */
    private packed?: string;

    private constructor(
        private readonly scratch: string,
        readonly modules: string,
    ) {}

    static async of(tarball: string): Promise<Installation> {
        const scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-release-"));
        const modules = join(scratch, "node_modules");
        await linkPackages(repository, modules);
        const installation = new Installation(scratch, modules);
        await installation.install(tarball);
        return installation;
    }

    async install(tarball: string): Promise<void> {
        const folder = join(this.modules, "pulumi-unikernel");
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder);
        await must("tar", [
            "--extract",
            "--gzip",
            "--strip-components=1",
            "--no-same-owner",
            "--directory",
            folder,
            "--file",
            tarball,
        ]);
    }

    /** Replace the installed release with the package that `npm publish` would publish of this repository. */
    async upgrade(): Promise<void> {
        this.packed ??= await this.pack();
        await this.install(this.packed);
    }

    private async pack(): Promise<string> {
        const packed = await must("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", this.scratch], {
            cwd: repository,
            timeout: 120_000,
        });
        const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
        return join(this.scratch, filename);
    }

    remove(): Promise<void> {
        return rm(this.scratch, { recursive: true, force: true });
    }
}
