import { toError } from "../../../backends/libvirt/client/errors";
import { recordOfName, roleOf } from "../../../backends/libvirt/fileNames";
import { translate } from "../../../backends/libvirt/lifecycle/power/startErrors";
import { block, nic, spec } from "../guests/fixtures";
import { survives } from "./survives";

const guest = spec({
    blocks: [block("/data")],
    interfaces: [
        nic({ attach: { user: { forward: [{ host: 8080, guest: 80, address: "127.0.0.1", protocol: "tcp" }] } } }),
        nic({ attach: { network: "default" } }),
    ],
});

/** Longer ones libvirt cuts (virerror.h: VIR_ERROR_MAX_LENGTH is 1024); what QEMU said is added to them. */
survives("libvirt's messages", {
    samples: [
        "internal error: process exited while connecting to monitor: qemu-system-x86_64: Could not set up host forwarding rule 'tcp:127.0.0.1:8080-10.0.2.15:80'",
        "operation failed: domain 'web' already exists with uuid 6f1c1a3e-0000-5000-8000-000000000001",
        "Cannot access storage file '/var/lib/x' (as uid:64055, gid:106): Permission denied",
        "qemu-system-x86_64: -netdev user,id=x: Invalid parameter 'y'",
    ],
    tokens: [
        "Could not set up host forwarding rule '",
        "tcp:",
        ":1-",
        "-gdb tcp:",
        ": ",
        "no network with matching name '",
        "'",
        "domain '",
        "' already exists with uuid ",
        "qemu: ",
        "multiboot",
        "qemu-system-",
        ": -x ",
        "/",
        "Maximum CPUs greater than ",
        " limit 1",
    ],
    limit: 4096,
    parse: (bytes) => {
        const message = bytes.toString("utf8");
        for (const code of [1, 38, 42]) {
            const error = toError(
                { kind: "libvirt", code, domain: 10, message, connecting: false, lost: false },
                "start of domain web",
                "qemu:///system",
            );
            translate(error, guest);
        }
        toError(
            { kind: "libvirt", code: 38, domain: 7, message, connecting: true, lost: false },
            "list",
            "qemu+ssh://root@far/system",
        );
    },
});

survives("names in a guest's folder", {
    samples: ["kernel-0123456789abcdef", "data.persist.img", "data-0123456789abcdef.scratch.qcow2", "data.kept.1.img"],
    limit: 4096,
    tokens: [".persist", ".img", ".qcow2", "-0123456789abcdef", ".scratch", ".kept"],
    parse: (bytes) => {
        roleOf(bytes.toString("utf8"));
        recordOfName(bytes.toString("utf8"));
    },
});
