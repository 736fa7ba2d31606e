import type { Forward } from "../../../../model";
import type { InterfaceModel, UserSource } from "../../model";
import { ID, join } from "../commandline";

/** An interface on QEMU's own user-mode network, which libvirt cannot describe. */
export type QemuInterface = InterfaceModel & { source: UserSource };

export function isQemuInterface(nic: InterfaceModel): nic is QemuInterface {
    return nic.source.kind === "user" && nic.source.backend === "qemu";
}

/** Return QEMU's arguments for an interface on its user-mode network (QEMU manual, "-netdev user"). */
export function qemuInterface(
    { mac, model = "virtio", slot, source }: QemuInterface,
    index: number,
    machine: string,
): string[] {
    const id = `${ID}${index}`;
    const rootBus = machine.includes("q35") ? "pcie.0" : "pci.0";
    const { subnet, subnet6 } = source;
    const netdev = [
        "user",
        `id=${id}`,
        ...(subnet
            ? [
                  `net=${subnet.network}`,
                  `host=${subnet.gateway}`,
                  ...(subnet.dns ? [`dns=${subnet.dns}`] : []),
                  `dhcpstart=${subnet.guest}`,
              ]
            : []),
        ...(subnet6
            ? [`ipv6-net=${subnet6.network}`, ...(subnet6.gateway ? [`ipv6-host=${subnet6.gateway}`] : [])]
            : []),
        ...source.forwards.map((forward) => `hostfwd=${hostForward(forward, subnet?.guest ?? "")}`),
    ];
    const device = [
        model === "virtio" ? "virtio-net-pci" : "virtio-net-pci-transitional",
        `netdev=${id}`,
        `id=${id}-device`,
        `mac=${mac}`,
        ...(slot === undefined ? [] : [`bus=${rootBus}`, `addr=0x${slot.toString(16)}`]),
        // No boot ROM: these guests boot from -kernel, and a ROM file costs start time.
        "romfile=",
    ];
    return ["-netdev", join(netdev), "-device", join(device)];
}

function hostForward({ protocol, address, host: port, guest }: Forward, guestAddress: string): string {
    return `${protocol}:${address}:${port}-${guestAddress}:${guest}`;
}
