import { compareVersions, type Finding } from "../finding";

export interface ProgramFacts {
    program: string;
    /** The Debian package that contains it. */
    package: string;
    /** The features that need it. */
    purpose: string;
    /** The package does not work without it. */
    needed: boolean;
    /** Its version; undefined when it is not on PATH. */
    version?: string;
}

export function judgeProgram({ program, package: owner, purpose, needed, version }: ProgramFacts): Finding {
    if (version !== undefined) return { status: "ok", found: version || "found" };
    return {
        status: needed ? "fail" : "warn",
        found: `${program} is not on PATH (for ${purpose})`,
        fix: `sudo apt-get install ${owner}`,
    };
}

export interface LoaderFacts {
    firmware: "bios" | "uefi";
    folder?: string;
    error?: string;
    /** Ends with the command that fixes it. */
    hint?: string;
}

export function judgeLoader({ firmware, folder, error = "", hint = "" }: LoaderFacts): Finding {
    if (folder !== undefined) return { status: "ok", found: `${firmware}: ${folder}` };
    return {
        status: "warn",
        found: `${firmware}: ${error} (for platform iso)`,
        fix: `sudo ${/apt-get .*$/.exec(hint)?.[0] ?? "apt-get install grub-common"}`,
    };
}

const NODE = "20.12.0";

export function judgeNode({ version }: { version: string }): Finding {
    if (compareVersions(version, NODE) >= 0) return { status: "ok", found: version };
    return { status: "fail", found: `${version}; ${NODE} or newer is needed`, fix: "nvm install 22" };
}

/** The oldest engine that works with the oldest supported SDK. */
const PULUMI = "3.200.0";

export interface EngineFacts {
    /** undefined: not on PATH. */
    version?: string;
    /** pulumi-language-nodejs is beside it or on PATH. */
    language: boolean;
    /** Folder of an engine that set-up has installed but that is not on PATH. */
    kept?: string;
}

export function judgeEngine({ version, language, kept }: EngineFacts): Finding {
    const install = "curl -fsSL https://get.pulumi.com | sh";
    if (version === undefined && kept)
        return {
            status: "fail",
            found: `pulumi is not on PATH, but set-up keeps one in ${kept}`,
            fix: `export PATH="${kept}:$PATH"`,
        };
    if (version === undefined) return { status: "fail", found: "pulumi is not on PATH", fix: install };
    if (compareVersions(version, PULUMI) < 0)
        return { status: "fail", found: `${version}; ${PULUMI} or newer is needed`, fix: install };
    if (!language)
        return {
            status: "fail",
            found: `${version}, without its Node language host (pulumi-language-nodejs)`,
            fix: install,
        };
    return { status: "ok", found: version };
}

export interface SdkFacts {
    folder: string;
    version?: string;
}

export function judgeSdk({ folder, version }: SdkFacts): Finding {
    const fix = `cd ${folder} && npm install @pulumi/pulumi@^3.200.0`;
    if (version === undefined) return { status: "fail", found: `does not resolve from ${folder}`, fix };
    if (compareVersions(version, PULUMI) < 0)
        return { status: "fail", found: `${version}; ${PULUMI} or newer is needed`, fix };
    return { status: "ok", found: version };
}
