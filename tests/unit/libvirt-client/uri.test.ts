import { isRemote, isSession, parseUri } from "../../../backends/libvirt/client";
import { unattended } from "../../../backends/libvirt/client/uri";
import { guestsFolder } from "../../../backends/libvirt/files/guestsFolder";

test.each([
    ["qemu:///system", { driver: "qemu", path: "/system" }],
    ["qemu+unix:///session?socket=/run/x", { driver: "qemu", transport: "unix", path: "/session" }],
    [
        "xen+ssh://root@dom0.example:2222/system?keyfile=/k",
        { driver: "xen", transport: "ssh", user: "root", host: "dom0.example", port: 2222, path: "/system" },
    ],
    [
        "qemu+tcp://[fd00::1]:16509/system",
        { driver: "qemu", transport: "tcp", host: "[fd00::1]", port: 16509, path: "/system" },
    ],
    ["qemu+ssh://host/system", { driver: "qemu", transport: "ssh", host: "host", path: "/system" }],
    ["nonsense", { driver: "", path: "" }],
])("%s", (uri, parts) => {
    expect(parseUri(uri)).toEqual(parts);
});

test.each([
    ["qemu:///system", false, false],
    ["qemu:///session", false, true],
    ["qemu+unix:///system?socket=/s", false, false],
    ["qemu+ssh://host/session", true, true],
    ["qemu+ext:///system?command=/c", true, false],
    ["qemu+tls://host/system", true, false],
])("%s: remote %s, session %s", (uri, remote, session) => {
    expect([isRemote(uri), isSession(uri)]).toEqual([remote, session]);
});

test.each([
    ["qemu:///system", "qemu:///system"],
    ["qemu+ssh://h/system", "qemu+ssh://h/system?no_tty=1"],
    ["qemu+ssh://h/system?keyfile=/k", "qemu+ssh://h/system?keyfile=/k&no_tty=1"],
    ["qemu+ssh://h/system?no_tty=0", "qemu+ssh://h/system?no_tty=0"],
])("ssh never asks: %s", (uri, opened) => {
    expect(unattended(uri)).toBe(opened);
});

test.each<[string, NodeJS.ProcessEnv, string]>([
    ["qemu:///system", {}, "/var/lib/pulumi-unikernel"],
    ["qemu+ssh://h/system", {}, "/var/lib/pulumi-unikernel"],
    ["qemu:///session", { HOME: "/home/u" }, "/home/u/.local/share/pulumi-unikernel"],
    ["qemu:///session", { HOME: "/home/u", XDG_DATA_HOME: "/data" }, "/data/pulumi-unikernel"],
    ["qemu+ssh://h/session", { PULUMI_UNIKERNEL_DIR: "/mine" }, "/mine"],
])("guests of %s with %j lie in %s", (uri, environment, folder) => {
    expect(guestsFolder(uri, environment)).toBe(folder);
});

test("a session on another machine has a folder that only its user knows", () => {
    expect(() => guestsFolder("qemu+ssh://h/session", { HOME: "/home/u" })).toThrow(
        expect.objectContaining({ code: "unsupported" }),
    );
});
