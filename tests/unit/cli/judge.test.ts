import type { Finding } from "../../../cli/doctor/finding";
import * as judge from "../../../cli/doctor/judge";

/** Everything that a person reads of findings, as one text. */
const said = (findings: Finding | Finding[]) =>
    [findings]
        .flat()
        .map(({ found, fix, note }) => [found, fix, note].filter(Boolean).join(" | "))
        .join("\n");
const worst = (findings: Finding | Finding[]) =>
    ["fail", "warn", "ok"].find((status) => [findings].flat().some((finding) => finding.status === status));

type Row<Facts> = [why: string, facts: Partial<Facts>, status: string, says: string];

function table<Facts>(name: string, judgeOne: (facts: Facts) => Finding | Finding[], usual: Facts, rows: Row<Facts>[]) {
    describe(name, () => {
        test.each(rows)("%s", (_why, facts, status, says) => {
            const findings = judgeOne({ ...usual, ...facts });
            expect(worst(findings)).toBe(status);
            expect(said(findings)).toContain(says);
        });
    });
}

table<judge.LibraryFacts>("library", judge.judgeLibrary, {}, [
    ["loads", { version: "9.0.0" }, "ok", "9.0.0"],
    ["does not load", { error: "no such file" }, "fail", "no such file | sudo apt-get install libvirt0"],
]);

table<judge.LoaderFacts>("boot loaders", judge.judgeLoader, { firmware: "uefi" }, [
    ["are there", { folder: "/usr/lib/grub/x86_64-efi" }, "ok", "uefi: /usr/lib/grub/x86_64-efi"],
    [
        "are not",
        {
            error: "GRUB's modules were not found",
            hint: "install the package that has them: apt-get install grub-efi-amd64-bin",
        },
        "warn",
        "(for platform iso) | sudo apt-get install grub-efi-amd64-bin",
    ],
]);

const gone = {
    code: "unreachable",
    message: "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory\n  hint: …",
};
const closed = { code: "permission", message: "Permission denied" };
table<judge.ConnectionFacts>(
    "connection",
    judge.judgeConnection,
    { uri: "qemu:///system", managed: true, daemon: true, user: "ann", root: false },
    [
        ["answers", { hostname: "h1" }, "ok", "qemu:///system on h1"],
        ["stopped, systemd", { error: gone }, "fail", "| sudo systemctl start libvirtd"],
        ["says the first line of the error only", { error: gone }, "fail", "No such file or directory | sudo"],
        [
            "stopped, no service manager",
            { error: gone, managed: false, root: true },
            "fail",
            "| virtlogd -d; libvirtd -d",
        ],
        [
            "stopped, no service manager, not root",
            { error: gone, managed: false },
            "fail",
            "| sudo virtlogd -d; sudo libvirtd -d",
        ],
        [
            "not installed",
            { error: gone, daemon: false },
            "fail",
            "| sudo apt-get install libvirt-daemon-system libvirt-clients",
        ],
        ["no permission", { error: closed }, "fail", "| sudo usermod -aG libvirt ann | Then log in again"],
        [
            "no QEMU driver",
            { error: { code: "unsupported", message: "no connection driver" } },
            "fail",
            "qemu-system-x86",
        ],
        [
            "no Xen driver",
            { uri: "xen:///system", error: { code: "unsupported", message: "no connection driver" } },
            "fail",
            "| sudo apt-get install libvirt-daemon-system libvirt-daemon-driver-xen",
        ],
        [
            "no permission on Xen",
            { uri: "xen:///system", error: closed },
            "fail",
            "Then log in again: groups are read at login.",
        ],
        [
            "a socket of its own",
            { uri: "qemu+unix:///system?socket=/x/sock", error: gone },
            "fail",
            "socket is /x/sock",
        ],
        ["a session without daemon", { uri: "qemu:///session", error: gone }, "fail", "| libvirtd -d"],
        [
            "another machine",
            { uri: "qemu+ssh://bo@far:22/system", login: "ssh -p 22 bo@far", error: gone, daemon: false },
            "fail",
            "| ssh -p 22 bo@far virsh version",
        ],
        [
            "another machine whose shell prints",
            {
                uri: "qemu+ssh://far/system",
                login: "ssh far",
                error: { code: "unreachable", message: 'the shell of far printed "Welc…" at its start' },
            },
            "fail",
            "| ssh far true",
        ],
    ],
);

table<judge.DriverFacts>(
    "driver",
    judge.judgeDriver,
    { libvirt: "9.0.0", qemu: "7.2.22", emulators: ["qemu", "kvm"] },
    [
        ["both new enough", {}, "ok", "libvirt 9.0.0, QEMU 7.2.22 (qemu, kvm)"],
        ["newer by number, not by text", { libvirt: "10.0.0" }, "ok", "10.0.0"],
        ["libvirt never tried", { libvirt: "7.0.0" }, "warn", "libvirt below 9.0.0"],
        ["QEMU too old", { qemu: "3.1.0" }, "fail", "QEMU 4.0.0"],
        ["no emulator", { emulators: [] }, "fail", "sudo apt-get install qemu-system-x86"],
    ],
);

table("Xen driver", judge.judgeXenDriver, { libvirt: "9.0.0", xen: "4.17.6", types: ["xen"] }, [
    ["as tried", {}, "ok", "libvirt 9.0.0, Xen 4.17.6"],
    ["older", { xen: "4.14.3" }, "warn", "Xen below 4.17.0"],
    [
        "a host without Xen",
        { types: ["qemu", "kvm"] },
        "fail",
        "no Xen guests, but qemu and kvm | sudo apt-get install xen-system-amd64 libvirt-daemon-driver-xen | Then start the machine with Xen",
    ],
]);

table("toolstack", judge.judgeToolstack, {}, [
    ["there", { toolstack: "/usr/sbin/xl" }, "ok", "/usr/sbin/xl"],
    ["not there", {}, "warn", "sudo apt-get install xen-utils-common"],
]);

const path = "/run/xenstored/socket";
table("xenstore", judge.judgeXenstore, { xenstore: { path, state: "open" } }, [
    ["open", {}, "ok", path],
    [
        "root's",
        { xenstore: { path, state: "closed" } },
        "warn",
        "closed to us, so guests that get their configuration through it (rumprun) cannot be started | Run pulumi as root",
    ],
    ["no daemon", { xenstore: { path, state: "absent" } }, "fail", `${path} is not there | sudo service xen start`],
]);

table("Xen consoles", judge.judgeConsoles, { consoles: "kept" }, [
    ["kept", {}, "ok", "keeps what guests print"],
    [
        "Debian's default",
        { consoles: "running" },
        "warn",
        "| echo 'XENCONSOLED_ARGS=\"--log=guest\"' | sudo tee -a /etc/default/xen && sudo service xen restart",
    ],
    ["no daemon", { consoles: "absent" }, "fail", "no guest has a console | sudo service xen start"],
]);

table("QEMU for Xen", judge.judgeDisks, {}, [
    ["there", { qemu: "/usr/libexec/xen-qemu-system-i386" }, "ok", "xen-qemu-system-i386"],
    ["not there", {}, "warn", "qcow2 images are refused | sudo apt-get install qemu-system-xen"],
]);

table("Xen's bridges", judge.judgeXenBridges, { bridges: [] as string[] }, [
    ["some", { bridges: ["xenbr0", "br1"] }, "ok", "xenbr0, br1"],
    ["none", {}, "warn", "| sudo ip link add xenbr0 type bridge"],
]);

const booted = { booted: true, seconds: 0.62 };
const silent = { booted: false, because: "it said nothing for 10 s" };
table<judge.AcceleratorFacts>(
    "accelerators",
    judge.judgeAccelerators,
    { device: { state: "open", user: "q" }, kvm: booted, tcg: booted },
    [
        ["both", {}, "ok", "kvm: the probe guest booted in 0.6 s"],
        [
            "kvm hangs",
            { kvm: silent },
            "warn",
            "kvm: /dev/kvm is there but the probe guest did not boot; accelerator auto will use tcg | it said nothing for 10 s",
        ],
        [
            "no kvm",
            { kvm: silent, device: { state: "absent", user: "q" } },
            "warn",
            "there is no /dev/kvm; accelerator auto will use tcg",
        ],
        [
            "kvm for a group",
            { kvm: silent, device: { state: "closed", user: "q", group: "kvm" } },
            "warn",
            "q may not open it; accelerator auto will use tcg | sudo usermod -aG kvm q",
        ],
        [
            "kvm for root alone",
            { kvm: silent, device: { state: "closed", user: "q" } },
            "warn",
            "| sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm",
        ],
        ["only kvm", { tcg: silent }, "warn", "tcg: the probe guest did not boot"],
        ["nothing boots", { kvm: silent, tcg: silent }, "fail", "accelerator auto has nothing to use"],
    ],
);

const open = (path: string) => ({ path, searchable: true });
const shut = (path: string) => ({ path, searchable: false });
table<judge.FolderFacts>(
    "folder",
    judge.judgeFolder,
    {
        folder: "/home/ann/d",
        user: { name: "libvirt-qemu", uid: 64055 },
        steps: [open("/"), open("/home")],
        writable: true,
        volumes: false,
        acl: true,
        root: true,
        free: 8 * 2 ** 30,
    },
    [
        ["open", {}, "ok", "/home/ann/d can be written by us and read by libvirt-qemu"],
        [
            "a home is closed",
            { steps: [open("/"), shut("/home/ann")] },
            "fail",
            "may not pass /home/ann | setfacl -m u:libvirt-qemu:x /home/ann",
        ],
        [
            "without setfacl",
            { steps: [shut("/home/ann"), shut("/home/ann/my dir")], acl: false },
            "fail",
            "| chmod o+x /home/ann '/home/ann/my dir'",
        ],
        [
            "not root",
            { steps: [shut("/home/it's")], root: false },
            "fail",
            "sudo setfacl -m u:libvirt-qemu:x '/home/it'\\''s'",
        ],
        ["not ours to write", { writable: false, root: false }, "fail", "sudo install -d -m 0711 -o $USER /home/ann/d"],
        ["libvirt writes it", { writable: false, volumes: true, root: false }, "ok", "libvirt writes there for us"],
        ["copies of libvirt", { volumes: true, root: false }, "ok", "storage volumes cannot be links"],
        ["copies", { sharing: "copy" }, "warn", "neither hard links nor reflinks"],
        ["little space", { free: 500 * 2 ** 20 }, "warn", "500 MiB free"],
        ["no space", { free: 10 * 2 ** 20 }, "fail", "10 MiB free"],
    ],
);

table<judge.NetworkFacts>("networks", judge.judgeNetworks, { uri: "qemu:///system", session: false, networks: [] }, [
    ["active", { networks: [{ name: "default", active: true }] }, "ok", "default is active"],
    [
        "not started",
        {
            networks: [
                { name: "a", active: true },
                { name: "default", active: false },
            ],
        },
        "warn",
        "virsh -c qemu:///system net-start default",
    ],
    [
        "a connection that a shell would read",
        { uri: "q:///s?a=b", networks: [{ name: "n", active: false }] },
        "warn",
        "virsh -c 'q:///s?a=b' net-start n",
    ],
    ["none", {}, "warn", "net-define /usr/share/libvirt/networks/default.xml"],
    ["a session", { session: true }, "ok", "a session has no libvirt networks"],
]);

const helper = { path: "/h", privileged: true };
table<judge.BridgeFacts>(
    "bridges",
    judge.judgeBridges,
    { session: true, bridges: ["br0", "br1"], helper, allowed: ["br1"] },
    [
        ["none", { bridges: [] }, "ok", "none on this machine"],
        ["system", { session: false, helper: undefined }, "ok", "br0, br1"],
        ["session, allowed", {}, "ok", "br1, open to sessions"],
        ["session, no helper", { helper: undefined }, "warn", "qemu-system-common"],
        [
            "session, helper without power",
            { helper: { path: "/h", privileged: false } },
            "warn",
            "sudo setcap cap_net_admin+ep /h",
        ],
        ["session, none allowed", { allowed: [] }, "warn", "echo 'allow br0' | sudo tee -a /etc/qemu/bridge.conf"],
    ],
);

table("tap", judge.judgeTap, { session: false, device: true }, [
    ["there", {}, "ok", "/dev/net/tun is there"],
    ["not there", { device: false }, "warn", "sudo modprobe tun"],
]);

table<judge.ProgramFacts>(
    "program",
    judge.judgeProgram,
    { program: "xorriso", package: "xorriso", purpose: "iso9660 images", needed: true },
    [
        ["there", { version: "1.5.4" }, "ok", "1.5.4"],
        ["there, says no version", { version: "" }, "ok", "found"],
        [
            "needed and missing",
            {},
            "fail",
            "xorriso is not on PATH (for iso9660 images) | sudo apt-get install xorriso",
        ],
        ["optional and missing", { needed: false }, "warn", "sudo apt-get install xorriso"],
    ],
);

table("Node.js", judge.judgeNode, { version: "20.19.0" }, [
    ["new enough", {}, "ok", "20.19.0"],
    ["by number, not by text", { version: "20.9.0" }, "fail", "20.12.0 or newer"],
]);

table<judge.EngineFacts>("engine", judge.judgeEngine, { version: "3.259.0", language: true }, [
    ["there", {}, "ok", "3.259.0"],
    ["not on PATH", { version: undefined }, "fail", "https://get.pulumi.com"],
    ["kept by set-up", { version: undefined, kept: "/c/engine/v3" }, "fail", 'export PATH="/c/engine/v3:$PATH"'],
    ["old", { version: "3.99.0" }, "fail", "3.200.0 or newer"],
    ["without its language host", { language: false }, "fail", "pulumi-language-nodejs"],
]);

table<judge.SdkFacts>("SDK", judge.judgeSdk, { folder: "/p" }, [
    ["there", { version: "3.236.0" }, "ok", "3.236.0"],
    ["missing", {}, "fail", "cd /p && npm install @pulumi/pulumi"],
    ["old", { version: "3.50.1" }, "fail", "3.200.0 or newer"],
]);
