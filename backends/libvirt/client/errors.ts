import { type ErrorCode, UnikernelError } from "../../../model";
import type { Failure } from "./protocol";
import { sshLogin } from "./sshLogin";
import { printedBefore, silence } from "./talkingShell";
import { isSession, parseUri } from "./uri";

/** libvirt's own error, kept as the `cause` of the UnikernelError. */
export class LibvirtError extends Error {
    override readonly name = "LibvirtError";
    /**
     * @param code virErrorNumber, virterror.h
     * @param domain virErrorDomain: the part of libvirt that reports it (7 RPC, 10 QEMU, 19 network …)
     */
    constructor(
        readonly code: number,
        readonly domain: number,
        message: string,
    ) {
        super(message);
    }
}

/** Return the libvirt error behind one of our errors, if there is one. */
export function libvirtError(error: unknown): LibvirtError | undefined {
    const cause = error instanceof UnikernelError ? error.cause : error;
    return cause instanceof LibvirtError ? cause : undefined;
}

/** virErrorNumber, virterror.h. Any other number is `program-failed`. */
const codes: Record<number, ErrorCode> = {
    3: "unsupported", // NO_SUPPORT
    4: "unreachable", // UNKNOWN_HOST
    5: "unreachable", // NO_CONNECT
    8: "invalid", // INVALID_ARG
    21: "invalid", // NO_NAME
    27: "invalid", // XML_ERROR
    29: "permission", // OPERATION_DENIED
    35: "invalid", // XML_DETAIL
    39: "unreachable", // RPC
    40: "unreachable", // GNUTLS_ERROR
    42: "not-found", // NO_DOMAIN
    43: "not-found", // NO_NETWORK
    44: "invalid", // INVALID_MAC
    45: "permission", // AUTH_FAILED
    49: "not-found", // NO_STORAGE_POOL
    50: "not-found", // NO_STORAGE_VOL
    67: "unsupported", // CONFIG_UNSUPPORTED
    68: "timeout", // OPERATION_TIMEOUT
    74: "unsupported", // ARGUMENT_UNSUPPORTED
    79: "permission", // AUTH_CANCELLED
    80: "not-found", // NO_DOMAIN_METADATA
    84: "unsupported", // OPERATION_UNSUPPORTED
    85: "unreachable", // SSH
    87: "in-use", // RESOURCE_BUSY
    88: "permission", // ACCESS_DENIED
    90: "in-use", // STORAGE_VOL_EXIST
    91: "unsupported", // CPU_INCOMPATIBLE
    92: "invalid", // XML_INVALID_SCHEMA
    94: "permission", // AUTH_UNAVAILABLE
    98: "unreachable", // LIBSSH
};

/** Texts of errno values that libvirt passes on under general error numbers. */
const texts: [RegExp, ErrorCode][] = [
    [/no space left on device|disk quota exceeded/i, "no-space"],
    [/permission denied|operation not permitted/i, "permission"],
    [/already exists with uuid|is already defined with uuid|address already in use|already in use/i, "in-use"],
];

function codeOf(failure: Extract<Failure, { kind: "libvirt" }>): ErrorCode {
    if (failure.connecting) {
        return codes[failure.code] === "permission" ||
            /permission denied|no polkit agent|authentication/i.test(failure.message)
            ? "permission"
            : "unreachable";
    }
    if (failure.lost) return "unreachable";
    return codes[failure.code] ?? texts.find(([text]) => text.test(failure.message))?.[1] ?? "program-failed";
}

/** Return the UnikernelError of a failure. @param what the request, for the message: `start of domain 1b4e…` */
export function toError(failure: Failure, what: string, uri: string): UnikernelError {
    const where = `${what} on ${uri}`;
    switch (failure.kind) {
        case "libvirt": {
            const code = codeOf(failure);
            const said = new LibvirtError(failure.code, failure.domain, failure.message);
            const login = sshLogin(uri);
            const printed = login && printedBefore(failure.message);
            if (printed !== undefined)
                return new UnikernelError(
                    "unreachable",
                    `libvirt at ${uri} cannot be reached for ${what}: the shell of ${login?.host} printed "${printed}…" at its start, where libvirt's answer was expected`,
                    { hint: silence(login?.byHand ?? "ssh"), cause: said },
                );
            const summary = failure.connecting
                ? `libvirt at ${uri} cannot be reached for ${what}: ${failure.message}`
                : failure.lost
                  ? `${where}: the connection was lost: ${failure.message}`
                  : `${where}: ${failure.message}`;
            return new UnikernelError(code, summary, { hint: hint(code, failure.connecting, uri), cause: said });
        }
        case "timeout":
            return failure.connecting
                ? new UnikernelError(
                      "unreachable",
                      `libvirt at ${uri} did not answer within ${failure.milliseconds / 1000} s (${what})`,
                      { hint: hint("unreachable", true, uri) },
                  )
                : new UnikernelError(
                      "timeout",
                      `${where}: no answer within ${failure.milliseconds / 1000} s; the host may still carry it out`,
                      {
                          hint: "check whether libvirtd hangs (journalctl -u libvirtd), then run the command again",
                      },
                  );
        case "given-up":
            return new UnikernelError(
                "timeout",
                `${where}: not carried out, or cut short, since its caller no longer waits for it`,
            );
        case "library":
            return new UnikernelError(
                "program-missing",
                `libvirt's client library cannot be loaded: ${failure.message}`,
                {
                    hint: "apt-get install libvirt0 (Debian, Ubuntu), dnf install libvirt-libs (Fedora)",
                },
            );
        case "file":
            return new UnikernelError(
                failure.code === "EACCES" ? "permission" : failure.code === "ENOENT" ? "invalid" : "program-failed",
                `${where}: ${failure.message}`,
            );
        case "internal":
            return new UnikernelError("internal", `${where}: ${failure.message}`);
    }
}

function hint(code: ErrorCode, connecting: boolean, uri: string): string | undefined {
    const { host, transport } = parseUri(uri);
    if (connecting && host !== undefined) {
        return transport === "ssh"
            ? `try: ${sshLogin(uri)?.byHand} virsh -c ${localUri(uri)} version`
            : `try: virsh -c '${uri}' version`;
    }
    // libvirt's client accepts qemu:///session only for users other than root.
    if (connecting && isSession(uri) && process.getuid?.() === 0)
        return "root has no session of its own in libvirt: use qemu:///system";
    if (connecting && code === "permission")
        return 'let this user manage libvirt: sudo usermod -aG libvirt "$USER", then log in again; or use qemu:///session';
    if (connecting && code === "unreachable") {
        return isSession(uri)
            ? "a session needs libvirtd itself: apt-get install libvirt-daemon"
            : "start the daemon: sudo systemctl start libvirtd (apt-get install libvirt-daemon-system where there is none)";
    }
    if (code === "no-space") return "free some space on that file system, then run the command again";
    return undefined;
}

function localUri(uri: string): string {
    const { driver, path } = parseUri(uri);
    return `${driver}://${path}`;
}
