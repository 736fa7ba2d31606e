// The distribution's packages that the host is made of: which, in which versions, and from where.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";

/** Metapackages, and what their dependencies are called: the names carry versions. */
const METAPACKAGES = { "xen-system-amd64": /^xen-(hypervisor|utils)-[\d.]+/, "linux-image-amd64": /^linux-image-\d/ };

/** Installed in dom0, besides the toolstack. */
const DOM0 = [
    "xen-utils-common",
    "xenstore-utils",
    "libvirt-daemon",
    "libvirt-daemon-driver-xen",
    "libvirt-daemon-system",
    "libvirt-clients",
    "openssh-server",
    "iproute2",
    "bridge-utils",
    "netcat-openbsd",
    "kmod",
    "busybox-static",
    "udev",
    "procps",
    "qemu-system-xen",
    "iputils-ping",
    "dnsmasq-base",
    "iptables",
];

export const run = (program, args, options = {}) =>
    execFileSync(program, args, {
        encoding: "utf8",
        maxBuffer: 64 << 20,
        stdio: ["ignore", "pipe", "pipe"],
        ...options,
    });

/**
 * @param {string} scratch a folder for package lists of our own, for a machine whose lists are empty
 * @returns {{ unpacked: string[], installed: string[], versions: string[], sources: string, suite: string, options: string[] }}
 * `unpacked`: hypervisor and kernel; `installed`: what dom0 gets; `versions`: `name=version` of all of them;
 * `sources`: lines of sources.list; `options`: apt's, to use the same lists
 */
export function choosePackages(scratch) {
    try {
        return choose([]);
    } catch {
        const options = [
            "-o",
            `Dir::State::lists=${scratch}/lists`,
            "-o",
            `Dir::Cache=${scratch}/cache`,
            "-o",
            "APT::Sandbox::User=",
        ];
        mkdirSync(path.join(scratch, "lists/partial"), { recursive: true });
        mkdirSync(path.join(scratch, "cache/archives/partial"), { recursive: true });
        run("apt-get", [...options, "update"]);
        return choose(options);
    }
}

function choose(options) {
    const listing = run("apt-cache", [
        ...options,
        "depends",
        "--important",
        "--no-pre-depends",
        ...Object.keys(METAPACKAGES),
    ]);
    const dependencies = [...listing.matchAll(/^ {2}Depends: ([^<\s]+)/gm)].map(([, name]) => name);
    const [hypervisor, utilities, kernel] = [
        /^xen-hypervisor-[\d.]+-amd64$/,
        /^xen-utils-[\d.]+$/,
        METAPACKAGES["linux-image-amd64"],
    ].map((pattern) => dependencies.find((name) => pattern.test(name)));
    if (!hypervisor || !utilities || !kernel)
        throw new Error(
            "apt knows no xen-system-amd64 or linux-image-amd64: the Xen host is built from the packages of Debian 12 or later",
        );
    const [unpacked, installed] = [
        [hypervisor, kernel],
        [utilities, ...DOM0],
    ];
    const { sources, suite } = debianSources(options);
    return { unpacked, installed, versions: versionsOf([...unpacked, ...installed], options), sources, suite, options };
}

function versionsOf(names, options) {
    const policy = run("apt-cache", [...options, "policy", ...names]);
    const versions = new Map(
        [...policy.matchAll(/^(\S+):\n.*\n {2}Candidate: (\S+)$/gm)].map(([, name, version]) => [name, version]),
    );
    const missing = names.find((name) => (versions.get(name) ?? "(none)") === "(none)");
    if (missing) throw new Error(`apt has no package ${missing}`);
    return names.map((name) => `${name}=${versions.get(name)}`).sort();
}

/** The machine's own mirrors, but of other archives nothing: what they hold could differ by machine. */
function debianSources(options) {
    const format = "$(REPO_URI) $(RELEASE) $(COMPONENT)";
    const lines = run("apt-get", [
        ...options,
        "indextargets",
        "--format",
        format,
        "Created-By: Packages",
        "Origin: Debian",
    ])
        .split("\n")
        .filter(Boolean);
    const suites = lines.map((line) => line.split(" ")[1]).sort((a, b) => a.length - b.length);
    if (!suites[0]) throw new Error("apt has no package lists of Debian: run apt-get update");
    return { sources: [...new Set(lines)].map((line) => `deb ${line}\n`).join(""), suite: suites[0] };
}

/** Downloads packages and unpacks them into `target`, without installing them on this machine. */
export function unpackPackages(names, options, scratch, target) {
    const folder = path.join(scratch, "downloads");
    for (const each of [folder, target]) mkdirSync(each, { recursive: true });
    // The folder may be closed to apt's own user: it fetches as us.
    run("apt-get", [...options, "-o", "APT::Sandbox::User=", "download", ...names], { cwd: folder });
    for (const file of readdirSync(folder)) run("dpkg-deb", ["-x", path.join(folder, file), target]);
}
