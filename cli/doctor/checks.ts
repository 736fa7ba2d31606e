import {
    bootLoaders,
    bootProbe,
    countLeftovers,
    type HostFacts,
    libraryVersion,
    sshCommand,
} from "../../core/commands";
import { hasCode, messageOf } from "../../model";
import { type Check, check, type Scene } from "./check";
import * as judge from "./judge";
import { type Account, accountOf } from "./probe/account";
import { probeFolder } from "./probe/folder";
import { probeKvm } from "./probe/kvm";
import { which } from "./probe/machine";
import { hasTun, probeBridges } from "./probe/network";
import { hasServiceManager, probeEngine, probeSdk, versionOf } from "./probe/program";
import { programs } from "./programs";
import { xenChecks } from "./xenChecks";

const LIBRARY = "libvirt-library";
const CONNECTION = "connection";
const DRIVER = "driver";

/** Return the checks for a connection, ordered by dependency. */
export function checksFor(connection: string): readonly Check[] {
    return [
        ...common,
        ...(judge.isXen(connection) ? [...xenChecks(CONNECTION), ...files] : [...kvmBefore, ...files, ...kvmAfter]),
    ];
}

const common: readonly Check[] = [
    check({
        id: "node",
        title: "Node.js",
        probe: async () => ({ version: process.versions.node }),
        judge: judge.judgeNode,
    }),
    check({
        id: "pulumi",
        title: "Pulumi engine",
        probe: ({ machine }) => probeEngine(machine),
        judge: judge.judgeEngine,
    }),
    check({ id: "sdk", title: "@pulumi/pulumi", probe: async ({ folder }) => probeSdk(folder), judge: judge.judgeSdk }),
    ...programs.map((program) =>
        check({
            id: `program-${program.program}`,
            title: program.program,
            probe: async ({ machine }) => ({
                ...program,
                version: await versionOf(machine, program.program, program.versionArgument),
            }),
            judge: judge.judgeProgram,
        }),
    ),
    check({
        id: "boot-loaders",
        title: "GRUB modules",
        probe: () => bootLoaders(),
        judge: (facts) => facts.map(judge.judgeLoader),
    }),
    check({
        id: LIBRARY,
        title: "libvirt library",
        probe: () =>
            libraryVersion().then(
                (version) => ({ version }),
                (error: unknown) => ({ error: messageOf(error) }),
            ),
        judge: judge.judgeLibrary,
    }),
    check({ id: CONNECTION, title: "libvirt", needs: [LIBRARY], probe: probeConnection, judge: judge.judgeConnection }),
];

const kvmBefore: readonly Check[] = [
    check({
        id: DRIVER,
        title: "QEMU driver",
        needs: [CONNECTION],
        probe: (scene) => scene.host(),
        judge: judge.judgeDriver,
    }),
];

const files: readonly Check[] = [
    check({
        id: "folder",
        title: "boot files",
        needs: [CONNECTION],
        async probe(scene) {
            const { folder, volumes } = await scene.host();
            return folder === undefined
                ? { volumes }
                : { ...(await probeFolder(scene.machine, folder, await guestAccount(scene))), volumes };
        },
        judge: (facts) =>
            "folder" in facts
                ? judge.judgeFolder(facts)
                : {
                      status: "ok",
                      found: `kept on the host, not here: ${facts.volumes ? "libvirt writes them, as storage volumes" : "written by ssh"}`,
                  },
    }),
    check({
        id: "networks",
        title: "libvirt networks",
        needs: [CONNECTION],
        probe: async (scene) => ({ uri: scene.connection, ...(await scene.host()) }),
        judge: judge.judgeNetworks,
    }),
    check({
        id: "leftovers",
        title: "leftovers",
        needs: [CONNECTION],
        probe: async ({ connection }) => ({ uri: connection, leftovers: await countLeftovers(connection) }),
        judge: judge.judgeLeftovers,
    }),
];

const kvmAfter: readonly Check[] = [
    check({
        id: "bridges",
        title: "bridges",
        needs: [CONNECTION],
        probe: async (scene) =>
            onThisMachine(await scene.host(), ({ session }) => probeBridges(scene.machine, session)),
        judge: (facts) => (facts ? judge.judgeBridges(facts) : elsewhere),
    }),
    check({
        id: "tap",
        title: "tap devices",
        needs: [CONNECTION],
        probe: async (scene) =>
            onThisMachine(await scene.host(), async ({ session }) => ({ session, device: await hasTun() })),
        judge: (facts) => (facts ? judge.judgeTap(facts) : elsewhere),
    }),
    check({
        id: "accelerators",
        title: "accelerators",
        needs: [DRIVER, "folder"],
        probe: probeAccelerators,
        judge: judge.judgeAccelerators,
    }),
];

const elsewhere = { status: "ok", found: "not looked at: the host is another machine" } as const;

async function onThisMachine<Facts>(
    host: HostFacts,
    probe: (host: HostFacts) => Promise<Facts>,
): Promise<Facts | undefined> {
    return host.local ? probe(host) : undefined;
}

async function probeConnection(scene: Scene): Promise<judge.ConnectionFacts> {
    const { machine, connection: uri } = scene;
    const facts = {
        uri,
        login: sshCommand(uri),
        managed: hasServiceManager(),
        user: machine.user.name,
        root: machine.user.uid === 0,
        daemon: (await which(machine, "libvirtd")) !== undefined,
    };
    try {
        return { ...facts, hostname: (await scene.host()).hostname };
    } catch (error) {
        return {
            ...facts,
            error: {
                code: hasCode(error, "permission", "unsupported", "unreachable") ? error.code : "unreachable",
                message: messageOf(error),
            },
        };
    }
}

/** Seconds. Emulation is slow. On a processor the probe guest ends within a second or never. */
const LIMITS = { kvm: 5, tcg: 30 };

async function probeAccelerators(scene: Scene): Promise<judge.AcceleratorFacts> {
    const { local, emulators } = await scene.host();
    const offered = emulators.includes("kvm");
    return {
        device: local ? await probeKvm(await guestAccount(scene)) : undefined,
        kvm: offered
            ? await bootProbe(scene.connection, "kvm", LIMITS.kvm)
            : { booted: false, because: "libvirt does not offer it" },
        tcg: await bootProbe(scene.connection, "tcg", LIMITS.tcg),
    };
}

/** Return the account that guests run under; in a session the user's own. */
async function guestAccount(scene: Scene): Promise<Account> {
    const { qemuUser } = await scene.host();
    return qemuUser ? accountOf(qemuUser.uid, qemuUser.gid) : accountOf(scene.machine.user.uid);
}
