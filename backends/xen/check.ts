import type { BlockSpec, GuestCapabilities, InterfaceSpec, Problem, UnikernelSpec } from "../../model";
import { isSession, parseUri } from "../libvirt/client";
import { reachesDom0 } from "./reachesDom0";

/**
 * Return the problems of a spec that Xen cannot realise. Form and clashes of values and the guest's limits were checked
 * before.
 */
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
        ...(guest.needsRuntimeConfig?.includes("xen") ? checkRuntimeConfig(spec) : []),
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

/**
 * Xenstore keeps a domain's keys by its number. A domain that libvirt starts by itself gets a new number, and so none
 * of the keys that we wrote.
 */
const WITHOUT_CONFIG =
    "pulumi writes this guest's configuration to xenstore at each start; the host would start the guest without it";

function checkRuntimeConfig({ connection, sshTarget, onCrash, autostart }: UnikernelSpec): Problem[] {
    return [
        ...(onCrash === "restart"
            ? [{ property: "onCrash", reason: `${WITHOUT_CONFIG}. Use "destroy" or "preserve"` }]
            : []),
        ...(autostart
            ? [
                  {
                      property: "autostart",
                      reason: `${WITHOUT_CONFIG}. After the host's boot, pulumi up --refresh starts it`,
                  },
              ]
            : []),
        ...(reachesDom0({ connection, sshTarget })
            ? []
            : [
                  {
                      property: "connection",
                      reason: `this guest gets its configuration through xenstore, which xen+${parseUri(connection).transport ?? "tls"} does not reach: set sshTarget: "user@host", use xen+ssh://, or run pulumi on the host`,
                  },
              ]),
    ];
}

/**
 * Return the problems of gdb. gdbsx runs in dom0, serves one domain number, and listens on every address
 * (tools/debugger/gdbsx/gx/gx_comm.c), so the declaration has to ask for that explicitly.
 */
function checkGdb({ gdb, connection, sshTarget, onCrash, autostart }: UnikernelSpec): Problem[] {
    if (gdb === undefined) return [];
    return [
        ...(reachesDom0({ connection, sshTarget })
            ? []
            : [
                  {
                      property: "gdb",
                      reason: 'gdbsx runs in dom0, which this connection does not reach: set sshTarget: "user@host", use xen+ssh://, or run pulumi on the host',
                  },
              ]),
        ...(gdb.address === "0.0.0.0"
            ? []
            : [
                  {
                      property: "gdb.address",
                      reason: `gdbsx listens on all addresses of the host, not only on ${gdb.address}, and asks for no password; to accept that, set address: "0.0.0.0"`,
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

/**
 * Refuse a read-only qcow2 disk: loop devices do not support qcow2, and QEMU attaches no read-only disk to a Xen guest.
 */
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
                reason: "Xen creates its own device (vif) for each interface and cannot use an existing one; use attach: { bridge: … } or { network: … }",
            },
        ];
    return [];
}
