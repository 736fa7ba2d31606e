import { libvirtError } from "../../../backends/libvirt/client";
import { toError } from "../../../backends/libvirt/client/errors";
import type { Failure } from "../../../backends/libvirt/client/protocol";

const said = (code: number, message: string, how: Partial<Extract<Failure, { kind: "libvirt" }>> = {}): Failure => ({
    kind: "libvirt",
    code,
    domain: 10,
    message,
    connecting: false,
    lost: false,
    ...how,
});
const connecting = { connecting: true, lost: true };

test.each<[Failure, string]>([
    [said(42, "Domain not found"), "not-found"],
    [said(43, "Network not found"), "not-found"],
    [said(49, "Storage pool not found"), "not-found"],
    [said(50, "Storage volume not found"), "not-found"],
    // Whatever the number: on a dead connection nothing was said about what exists.
    [said(42, "Domain not found", { lost: true }), "unreachable"],
    [said(1, "client socket is closed", { lost: true }), "unreachable"],
    [said(38, "Cannot recv data: Connection reset by peer", { lost: true }), "unreachable"],
    [said(38, "Failed to connect socket: No such file or directory", connecting), "unreachable"],
    [said(38, "Failed to connect socket to '/s': Permission denied", connecting), "permission"],
    [said(45, "authentication failed", connecting), "permission"],
    [said(94, "authentication unavailable: no polkit agent available", connecting), "permission"],
    [said(5, "no connection driver available for qemu:///system", connecting), "unreachable"],
    [said(38, "cannot write: No space left on device"), "no-space"],
    [said(38, "Cannot access storage file: Permission denied"), "permission"],
    [said(9, "domain 'a' already exists with uuid 1"), "in-use"],
    [said(67, "unsupported configuration: x"), "unsupported"],
    [said(55, "Requested operation is not valid: domain is already running"), "program-failed"],
    [said(1, "internal error: QEMU unexpectedly closed the monitor"), "program-failed"],
    [{ kind: "timeout", milliseconds: 500, connecting: true }, "unreachable"],
    [{ kind: "timeout", milliseconds: 500, connecting: false }, "timeout"],
    [{ kind: "library", message: "libvirt.so.0: cannot open" }, "program-missing"],
    [{ kind: "file", code: "EACCES", message: "EACCES: …" }, "permission"],
    [{ kind: "internal", message: "?" }, "internal"],
])("%j is %s", (failure, code) => {
    expect(toError(failure, "start of domain 1", "qemu:///system")).toMatchObject({ code });
});

test("libvirt's own account is kept", () => {
    const error = toError(said(55, "already running"), "start of domain 1", "qemu:///system");
    expect(error.message).toBe("start of domain 1 on qemu:///system: already running");
    expect(libvirtError(error)).toMatchObject({ code: 55, domain: 10, message: "already running" });
    expect(libvirtError(new Error("other"))).toBeUndefined();
});

test.each<[string, Failure, string]>([
    ["qemu:///system", said(38, "Permission denied", connecting), "sudo usermod -aG libvirt"],
    ["qemu:///system", said(38, "No such file or directory", connecting), "sudo systemctl start libvirtd"],
    [
        "qemu+ssh://me@h:22/system",
        said(38, "Connection refused", connecting),
        "ssh -p 22 me@h virsh -c qemu:///system version",
    ],
    [
        "qemu+ssh://me@h:2222/system?keyfile=/k",
        said(38, "Connection refused", connecting),
        "ssh -p 2222 -i /k me@h virsh -c qemu:///system version",
    ],
    ["qemu+tls://h/system", said(38, "Connection refused", connecting), "virsh -c 'qemu+tls://h/system' version"],
    ["qemu:///system", { kind: "library", message: "?" }, "apt-get install libvirt0"],
])("the hint on %s has the command that helps", (uri, failure, command) => {
    expect(toError(failure, "x", uri).hint).toContain(command);
});

test.each([
    ["packet 1466264671 bytes received from server too large, want 33554432", '"Welc…"'],
    ["packet 1751477352 bytes received from server too large, want 33554432", '"hell…"'],
    ["packet -1014585688 bytes received from server too large, want 33554432", "at its start"],
])("a shell that prints at its start is named: %s", (message, shown) => {
    for (const uri of ["qemu+ssh://me@h:2222/system", "xen+libssh://me@h:2222/system"]) {
        const error = toError(said(39, message, connecting), "x", uri);
        expect(error).toMatchObject({
            code: "unreachable",
            hint: expect.stringContaining("this must print nothing: ssh -p 2222 me@h true"),
        });
        expect(error.message).toContain(shown);
    }
    // No shell is in the way of other transports, and other bytes are no text.
    expect(toError(said(39, message, connecting), "x", "qemu+tls://h/system").message).toContain(message);
});

test("a length that is no text is left as it is", () => {
    const message = "packet 67108864 bytes received from server too large, want 33554432";
    expect(toError(said(39, message, connecting), "x", "qemu+ssh://h/system").message).toContain(message);
});
