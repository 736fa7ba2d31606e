// The distribution's packages that the guest is made of, fetched and unpacked without root.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

/** Its dependency is the kernel package of the day. */
const KERNEL = "linux-image-cloud-amd64";
const PROGRAMS = ["nginx", "nginx-common", "busybox-static"];

const run = (program, args, options = {}) =>
    execFileSync(program, args, { encoding: "utf8", maxBuffer: 64 << 20, stdio: ["ignore", "pipe", "pipe"], ...options });

/** `Depends:` of packages, first alternatives only, in one call of apt-cache. */
function dependencies(names, options) {
    const lines = run("apt-cache", [...options, "depends", "--important", "--no-pre-depends", ...names]).split("\n");
    return lines.map((line) => /^ {2}Depends: ([^<\s]+)/.exec(line)?.[1]).filter(Boolean);
}

/** The libraries below nginx, by their packages' names. */
function libraries(options) {
    const found = new Set();
    for (let wave = ["nginx"]; wave.length > 0; ) {
        wave = [...new Set(dependencies(wave, options))].filter((name) => /^(lib|zlib)/.test(name) && !found.has(name));
        wave.forEach((name) => found.add(name));
    }
    return [...found];
}

/** `name=version` of each package, in the versions that apt would install. */
function candidates(options) {
    const kernel = dependencies([KERNEL], options).find((name) => name.startsWith("linux-image-"));
    if (!kernel) throw new Error(`apt knows no package ${KERNEL}: the guest is built from the packages of Debian 12 or later`);
    const names = [kernel, ...PROGRAMS, ...libraries(options)];
    const policy = run("apt-cache", [...options, "policy", ...names]);
    const versions = new Map([...policy.matchAll(/^(\S+):\n.*\n {2}Candidate: (\S+)$/gm)].map(([, name, version]) => [name, version]));
    return names.map((name) => {
        const version = versions.get(name);
        if (!version || version === "(none)") throw new Error(`apt has no package ${name}`);
        return `${name}=${version}`;
    }).sort();
}

/** Package lists of our own, for when the system's are empty and we may not fill them. */
function ownLists(folder) {
    mkdirSync(path.join(folder, "lists/partial"), { recursive: true });
    mkdirSync(path.join(folder, "cache/archives/partial"), { recursive: true });
    const options = ["-o", `Dir::State::lists=${folder}/lists`, "-o", `Dir::Cache=${folder}/cache`, "-o", "APT::Sandbox::User="];
    run("apt-get", [...options, "update"]);
    return options;
}

/**
 * Finds the packages and their versions.
 * @param {string} scratch a folder for package lists of our own
 * @returns {{ packages: string[], options: string[] }} `name=version`, and what to pass to apt for these lists
 */
export function resolvePackages(scratch) {
    try {
        return { packages: candidates([]), options: [] };
    } catch {
        const options = ownLists(scratch);
        return { packages: candidates(options), options };
    }
}

/** Downloads packages and unpacks them all into `target`. */
export function unpackPackages({ packages, options }, target) {
    mkdirSync(target, { recursive: true });
    const folder = mkdtempSync(path.join(target, "..", "packages-"));
    // Our folder may be closed to apt's own user: it fetches as us.
    run("apt-get", [...options, "-o", "APT::Sandbox::User=", "download", ...packages], { cwd: folder });
    for (const file of readdirSync(folder)) run("dpkg-deb", ["-x", path.join(folder, file), target]);
    rmSync(folder, { recursive: true });
}
