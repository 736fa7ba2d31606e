import type { BlockSpec, GuestCapabilities, InterfaceSpec, Problem, UnikernelSpec } from "../../spec";
import { isSession, parseUri } from "../libvirt/client";
import { reaches } from "./reach";

/** What Xen cannot do, from the spec alone. The form of each value, clashes, and the guest's own limits are checked before. */
export function checkXen(spec: UnikernelSpec, guest: GuestCapabilities): Problem[] {
    return [
        ...(guest.platforms.includes("xen")
            ? []
            : [
                  {
                      property: "platform",
                      reason: `a ${spec.guest} guest runs on ${guest.platforms.join(" and ")}, not on xen`,
                  },
              ]),
        ...checkKernel(guest.xen),
        ...checkConnection(spec.connection),
        ...checkMemory(spec, guest),
        ...(guest.toldAtStart?.includes("xen") ? checkTold(spec) : []),
        ...checkGdb(spec),
        ...(guest.writableDisks.includes("xen") ? [] : spec.blocks.flatMap(checkBlock)),
        ...spec.interfaces.flatMap((one, index) => checkInterface(one, `interfaces[${index}].attach`)),
    ];
}

function checkKernel(how: GuestCapabilities["xen"]): Problem[] {
    if (how === "pv" || how === "pvh") return [];
    return [
        {
            property: "kernel",
            reason:
                how === "pv32"
                    ? "a 32-bit PV kernel: Xen, as distributions build it, starts 64-bit ones only (and PVH kernels)"
                    : "it has neither Xen notes nor the older __xen_guest section, so Xen does not know how to start it",
        },
    ];
}

function checkConnection(connection: string): Problem[] {
    const { driver } = parseUri(connection);
    const reason =
        driver !== "xen"
            ? `it leads to ${driver || "no driver"}; platform xen needs xen:///system, or xen+ssh://HOST/system`
            : isSession(connection)
              ? "Xen has no sessions: its one daemon is the system's. Use xen:///system"
              : undefined;
    return reason === undefined ? [] : [{ property: "connection", reason }];
}

function checkMemory({ memory, maxMemory }: UnikernelSpec, { balloon }: GuestCapabilities): Problem[] {
    if (maxMemory === undefined) return [];
    if (!balloon)
        return [{ property: "maxMemory", reason: "this guest has no balloon: it keeps the memory that it boots with" }];
    return maxMemory < memory
        ? [{ property: "maxMemory", reason: `${maxMemory} MiB is less than memory, ${memory}` }]
        : [];
}

/** Xenstore forgets a domain with its number: a domain that libvirt starts by itself has a new one, and nobody tells it anything. */
const UNTOLD =
    "this guest is told its configuration through xenstore, at each start by pulumi; the host would start it without";

function checkTold({ connection, sshTarget, onCrash, autostart }: UnikernelSpec): Problem[] {
    return [
        ...(onCrash === "restart" ? [{ property: "onCrash", reason: `${UNTOLD}. Use "destroy" or "preserve"` }] : []),
        ...(autostart
            ? [{ property: "autostart", reason: `${UNTOLD}. After the host's boot, pulumi up --refresh starts it` }]
            : []),
        ...(reaches({ connection, sshTarget })
            ? []
            : [
                  {
                      property: "connection",
                      reason: `this guest is told its configuration through xenstore, to which xen+${parseUri(connection).transport ?? "tls"} does not lead: set sshTarget: "user@host", use xen+ssh://, or run pulumi on the host`,
                  },
              ]),
    ];
}

/** gdbsx runs in dom0, serves one domain number, and listens on every address (tools/debugger/gdbsx/gx/gx_comm.c): nobody gets that unasked. */
function checkGdb({ gdb, connection, sshTarget, onCrash, autostart }: UnikernelSpec): Problem[] {
    if (gdb === undefined) return [];
    return [
        ...(reaches({ connection, sshTarget })
            ? []
            : [
                  {
                      property: "gdb",
                      reason: 'gdbsx runs in dom0, to which this connection does not lead: set sshTarget: "user@host", use xen+ssh://, or run pulumi on the host',
                  },
              ]),
        ...(gdb.address === "0.0.0.0"
            ? []
            : [
                  {
                      property: "gdb.address",
                      reason: `gdbsx listens on all addresses of the host, not on ${gdb.address} alone, and asks for no password; if that is meant, set address: "0.0.0.0"`,
                  },
              ]),
        ...(onCrash === "restart" || autostart
            ? [
                  {
                      property: "gdb",
                      reason: 'a guest that the host starts by itself has another number, which gdbsx does not serve; leave out gdb, or autostart and onCrash: "restart"',
                  },
              ]
            : []),
    ];
}

/** Loop devices know no qcow2, and QEMU plugs no read-only disk into a Xen guest. */
function checkBlock({ access, format }: BlockSpec, index: number): Problem[] {
    if (access !== "read" || format !== "qcow2") return [];
    return [
        {
            property: `blocks[${index}].access`,
            reason: 'Xen cannot plug in a qcow2 image read-only; use access: "scratch", or a raw image',
        },
    ];
}

function checkInterface({ attach }: InterfaceSpec, at: string): Problem[] {
    if ("user" in attach)
        return [
            {
                property: `${at}.user`,
                reason: "Xen has no user-mode network; use attach: { bridge: … } or { network: … }",
            },
        ];
    if ("tap" in attach)
        return [
            {
                property: `${at}.tap`,
                reason: "Xen makes a device (vif) of its own for each interface and cannot take one that is there; use attach: { bridge: … } or { network: … }",
            },
        ];
    return [];
}
