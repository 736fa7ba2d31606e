import type { Program } from "../memory/program";

/** What the guests boot from. */
export interface Boot {
    /** Kernels of the guests without data. */
    kernels: string[];
    /** A Linux guest, which writes to its persist disks. */
    linux: { kernel: string; initrd: string };
    uris: string[];
}

/** Appends a number that only grows, and its name, to each persist disk, and says what stands there. */
const WRITER = [
    "for disk in /data/*; do n=$(cat $disk/count 2>/dev/null || echo 0); n=$((n + 1))",
    "echo $n > $disk/count; echo $NAME $n >> $disk/log; sync; echo written ${disk##*/}: $(cat $disk/log).; done",
    "echo all written; exec sleep 100000",
].join("; ");

/** Return a program as the configuration of programs/hosts. @param adopt whether it takes over what no state has */
export function configurationOf({ networks, images, guests }: Program, boot: Boot, adopt: boolean): object {
    const taken = adopt ? { adopt } : {};
    return {
        networks: Object.fromEntries(
            [...networks].map(([name, { host, last, mtu, records }]) => [
                name,
                {
                    name,
                    ...taken,
                    connection: boot.uris[host],
                    mode: "isolated",
                    ipv4: {
                        address: `${net(name)}.1/24`,
                        dhcp: { start: `${net(name)}.2`, end: `${net(name)}.${last}` },
                    },
                    mtu,
                    hosts: records.map((record) => ({ name: record, address: `${net(name)}.250` })),
                },
            ]),
        ),
        images: Object.fromEntries(
            [...images].map(([name, { text }]) => [name, { source: { text }, format: "ext4", size: 16 }]),
        ),
        guests: Object.fromEntries(
            [...guests].map(([name, guest]) => {
                const { disks, network, address, host, kernel, memory, number } = guest;
                const writes = disks.size > 0;
                return [
                    name,
                    {
                        name: `guest-${number}`,
                        ...taken,
                        aliases: guest.aliases,
                        platform: "kvm",
                        accelerator: "tcg",
                        connection: boot.uris[host],
                        ...(writes ? boot.linux : { kernel: boot.kernels[kernel] }),
                        // The Linux guest needs more of it.
                        memory: writes ? memory + 64 : memory,
                        args: writes ? ["sh", "-c", WRITER, ...guest.args] : guest.args,
                        env: { NAME: `guest-${number}` },
                        disks: [...disks].map(([image, access]) => ({ image, access, mount: `/data/${image}` })),
                        card: {
                            mac: macOf(number),
                            ...(network === undefined
                                ? { attach: { user: { forward: [{ host: 21_000 + number, guest: 80 }] } } }
                                : {
                                      network,
                                      ipv4: address === undefined ? "dhcp" : { reserve: `${net(network)}.${address}` },
                                  }),
                        },
                        readiness: { console: writes ? "^all written" : "test kernel ready", timeout: 120 },
                        state: guest.state,
                        autostart: guest.autostart,
                        deleteData: guest.deleteData,
                        shutdownTimeout: 3,
                    },
                ];
            }),
        ),
    };
}

export const net = (network: string): string => `10.${60 + (Number(network.slice(1)) % 100)}.9`;
export const macOf = (number: number): string => `52:54:00:fa:00:${number.toString(16).padStart(2, "0")}`;
