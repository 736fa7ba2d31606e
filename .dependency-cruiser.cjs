// The arrows of the house (ARCHITECTURE.md): each room may reach only the rooms named for it; type-only imports count.
const rooms = {
    model: [],
    localFiles: ["model"],
    images: ["localFiles", "model"],
    guests: ["model"],
    backends: ["guests", "images", "localFiles", "model"],
    core: ["backends", "guests", "images", "localFiles", "model"],
    provider: ["core", "localFiles", "model"],
    resources: ["provider", "model"],
    selftest: ["core", "backends", "guests", "images", "localFiles", "model"],
    cli: ["selftest", "core", "model"],
};
/**
 * Doors besides index.ts: the rows load zod, which the process that loads libvirt does without; the compiler alone reads the declarations of classes;
 * commands and functions inspect hosts, which runs of the engine do without.
 * @type {Record<string, string[]>}
 */
const otherDoors = { model: ["arguments/index", "declared"], backends: ["inspection"], core: ["commands"] };

module.exports = {
    forbidden: [
        { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
        { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
        ...Object.entries(rooms).map(([room, reach]) => ({
            name: `${room}-arrows`,
            comment: `${room}/ may import ${reach.length ? reach.join(", ") : "nothing of ours"}`,
            severity: "error",
            from: { path: `^${room}/` },
            to: {
                path: "^(index\\.ts|model/|core/|guests/|backends/|images/|localFiles/|provider/|resources/|selftest/|cli/|tools/|tests/|examples/|bench/)",
                pathNot: `^(${[room, ...reach].join("|")})/`,
            },
        })),
        ...Object.keys(rooms).map((room) => ({
            name: `${room}-door`,
            comment: `other rooms come into ${room}/ by its index.ts; what they need is exported there, or moves`,
            severity: "error",
            from: { pathNot: `^${room}/` },
            to: { path: `^${room}/`, pathNot: `^${room}/(${["index", ...(otherDoors[room] ?? [])].join("|")})\\.ts$` },
        })),
        {
            name: "pulumi-words",
            comment: "@pulumi/pulumi is for resources/ and provider/ only",
            severity: "error",
            from: { pathNot: "^(resources|provider|index\\.ts)" },
            to: { path: "@pulumi/pulumi" },
        },
    ],
    options: {
        tsPreCompilationDeps: true,
        tsConfig: { fileName: "tsconfig.json" },
        doNotFollow: { path: "node_modules" },
    },
};
