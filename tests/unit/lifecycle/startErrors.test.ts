import { translate } from "../../../backends/libvirt/lifecycle/power/startErrors";
import { type ErrorCode, type InterfaceSpec, UnikernelError } from "../../../model";
import { specOf } from "./spec";

const forward = { host: 8081, guest: 80, address: "127.0.0.1", protocol: "tcp" as const };
const user = (...ports: number[]): InterfaceSpec => ({
    mac: "52:54:00:00:00:01",
    attach: { user: { forward: ports.map((host) => ({ ...forward, host })) } },
});
const plug = (attach: InterfaceSpec["attach"]): InterfaceSpec => ({ mac: "52:54:00:00:00:02", attach });
const spec = specOf({
    interfaces: [user(8080, 8081), plug({ network: "nope" }), plug({ bridge: "br-nope" }), plug({ tap: "tap5" })],
    blocks: [
        { name: "data", digest: "", format: "raw", access: "read" },
        { name: "web", digest: "", format: "qcow2", access: "persist" },
    ],
    qemuArgs: ["-nonsense"],
});

/** As libvirt 9.0 and QEMU 7.2 said it. */
const monitor = "internal error: qemu unexpectedly closed the monitor: ";
const table: [string, ErrorCode, string | undefined][] = [
    [
        `${monitor}qemu-system-x86_64: -netdev user,id=n0,hostfwd=tcp:127.0.0.1:8081-:80: Could not set up host forwarding rule 'tcp:127.0.0.1:8081-:80'`,
        "in-use",
        "interfaces[0].attach.user.forward[1].host",
    ],
    [
        `${monitor}qemu-system-x86_64: -gdb tcp:127.0.0.1:1234: Failed to find an available port: Address already in use`,
        "in-use",
        "gdb.port",
    ],
    ["Network not found: no network with matching name 'nope'", "not-found", "interfaces[1].attach.network"],
    ["Requested operation is not valid: network 'nope' is not active", "not-found", "interfaces[1].attach.network"],
    ["Cannot get interface MTU on 'br-nope': No such device", "not-found", "interfaces[2].attach.bridge"],
    ["Cannot set interface MTU on 'vnet1': Invalid argument", "invalid", "interfaces[2].attach.bridge"],
    ["internal error: target managed='no' but specified dev doesn't exist", "not-found", "interfaces[3].attach.tap"],
    ["Unable to create tap device tap5: Device or resource busy", "in-use", "interfaces[3].attach.tap"],
    [`${monitor}qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory`, "no-space", "memory"],
    ["unsupported configuration: Maximum CPUs greater than specified machine type limit 255", "unsupported", "vcpus"],
    [
        "unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'kvm'",
        "unsupported",
        "accelerator",
    ],
    [
        `${monitor}qemu: could not open kernel file '/srv/g/kernel-0123456789abcdef': Permission denied`,
        "permission",
        "kernel",
    ],
    [
        `${monitor}-blockdev {"driver":"file"}: Could not open '/srv/g/data-0123456789abcdef.img': Permission denied`,
        "permission",
        "blocks[0]",
    ],
    [
        `${monitor}-blockdev {"driver":"file"}: Could not open '/srv/g/web.persist.qcow2': Permission denied`,
        "permission",
        "blocks[1]",
    ],
    ["internal error: process exited while connecting to monitor: qemu: invalid kernel header", "invalid", "kernel"],
    [
        `${monitor}qemu-system-x86_64: -blockdev {"driver":"qcow2"}: Image is not in qcow2 format`,
        "invalid",
        "blocks[1]",
    ],
    [`${monitor}qemu-system-x86_64: -nonsense: invalid option`, "invalid", "qemuArgs"],
    [
        `${monitor}qemu-system-x86_64: -device nonsense: 'nonsense' is not a valid device model name`,
        "invalid",
        "qemuArgs",
    ],
];

test.each(table)("%s", (message, code, property) => {
    const cause = new UnikernelError("internal", message);
    expect(translate(cause, spec)).toMatchObject({ code, property, cause });
});

test.each<[string, Error]>([
    ["an unknown message", new UnikernelError("internal", "something else went wrong")],
    [
        "a lost host, whatever its text",
        new UnikernelError("unreachable", "Network not found: no network with matching name 'nope'"),
    ],
    [
        "one that names its property already",
        new UnikernelError("in-use", "Cannot allocate memory", { property: "interfaces[0].ipv4.reserve" }),
    ],
])("%s stays as it is", (_name, error) => {
    expect(translate(error, spec)).toBe(error);
});

test("an error that is not ours is translated too", () => {
    expect(translate(new Error("Cannot allocate memory"), spec)).toMatchObject({
        code: "no-space",
        property: "memory",
    });
});
