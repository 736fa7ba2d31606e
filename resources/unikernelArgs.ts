import type * as pulumi from "@pulumi/pulumi";
import type { Accelerator, Access, ConsoleKind, GuestState, ImageFormat, OnCrash, Platform } from "../model/declared";
import type { BlockImage } from "./blockImage";
import type { NetworkInterface } from "./networkInterface";

/** A disk of the guest: from a BlockImage, or from a file that exists already. */
export interface BlockArgs {
    /** The data image. Exactly one of `image` and `path`. */
    image?: BlockImage;
    /**
     * The disk's name, unique in its guest. A `persist` disk is found again by it, whatever its place in the list, its
     * image or its file are: another name is another disk. Required where two disks of a guest, one of them `persist`,
     * would have the same name.
     * @default the image's logical name, or the file's base name
     */
    name?: pulumi.Input<string>;
    /** A file of this machine, relative to the program's folder. */
    path?: pulumi.Input<string>;
    /** Of the file at `path`. @default read off the file */
    format?: pulumi.Input<ImageFormat>;
    /** Absolute path inside the guest. @default not mounted: the guest sees the bare device */
    mount?: pulumi.Input<string>;
    /**
     * `read`: shared between guests and never written. `scratch`: a private copy, fresh at every restart.
     * `persist`: a private copy that is seeded once and kept over restarts, updates, and a changed image.
     * @default "read"
     */
    access?: pulumi.Input<Access>;
    /**
     * Have a `persist` disk begin again from its image, once: each text that it did not have before does that, with a restart.
     * The former data are kept beside it (`keepLast`). Dropped, it changes nothing.
     * @default none: a disk is seeded when it is made @example "2026-11-27, restore failed"
     */
    reseed?: pulumi.Input<string>;
}

/** A host on which a guest may be made. */
export interface HostArgs {
    /** libvirt URI. */
    connection: pulumi.Input<string>;
    /** Its identity in the list: 1–63 of `A-Z a-z 0-9 _ . -`. @default the machine in `connection`, or "localhost" */
    name?: pulumi.Input<string>;
    /** Its share of the guests, beside those of the others: above 0, at most 1000. @default 1 */
    weight?: pulumi.Input<number>;
}

/** When the guest counts as up: exactly one of `http`, `tcp` and `console`. */
export interface ReadinessArgs {
    /** Answers GET as expected. */
    http?: pulumi.Input<HttpReadinessArgs>;
    /** Accepts a connection. */
    tcp?: pulumi.Input<TcpReadinessArgs>;
    /** A regular expression that matches what the guest has printed on its console since this boot; one that is not decided within a second is an error. */
    console?: pulumi.Input<string>;
    /** Seconds, 1–3600. @default 60 */
    timeout?: pulumi.Input<number>;
    /**
     * Seconds for which it must be so without a failure; one failure starts them again. With `console`, the guest must run on for that long.
     * Fewer than `timeout`. @default none: the first success is enough
     */
    minReady?: pulumi.Input<number>;
}

/** A web server inside the guest. */
export interface HttpReadinessArgs {
    /** The guest's port, 1–65535; the backend finds the way. */
    port: pulumi.Input<number>;
    /** @default "/" */
    path?: pulumi.Input<string>;
    /** The expected status, 200–599, or a list of them. @default any from 200 to 399 */
    status?: pulumi.Input<number | pulumi.Input<number>[]>;
    /** A regular expression, as `console` is, that matches the answer's body: its first 64 KiB. @default any */
    body?: pulumi.Input<string>;
    /** The Host header, with `:PORT` where that is not 80. @default the address that is asked, and its port */
    host?: pulumi.Input<string>;
}

/** A port inside the guest. */
export interface TcpReadinessArgs {
    /** The guest's port, 1–65535; the backend finds the way. */
    port: pulumi.Input<number>;
}

/** QEMU's gdb server. */
export interface GdbArgs {
    /** Port of the host, 1–65535. */
    port: pulumi.Input<number>;
    /** Address of the host that listens. @default "127.0.0.1" */
    address?: pulumi.Input<string>;
}

export interface UnikernelArgs {
    /** What it runs on. The kernel must be built for it. Changed: replaced. */
    platform: pulumi.Input<Platform>;
    /**
     * libvirt URI: `qemu:///system`, `qemu:///session`, `qemu+ssh://host/system`.
     * Changed: replaced when it leads to another host; else nothing but the way there.
     * @default "qemu:///session"; as root "qemu:///system"; for Xen "xen:///system"
     */
    connection?: pulumi.Input<string>;
    /**
     * Hosts in place of `connection`, of which one is chosen when the guest is first made, and kept.
     * Changed: nothing; a host that the guest is on cannot be removed from the list.
     * @default none: `connection` @example [{ name: "a", connection: "qemu+ssh://a/system" }]
     */
    hosts?: pulumi.Input<pulumi.Input<HostArgs>[]>;
    /**
     * Xen: `[user@]host[:port]` of dom0, where `connection` goes by tcp or tls and the guest (rumprun) is told its
     * configuration through xenstore. Changed: no interruption. @default by ssh, where `connection` goes by ssh
     */
    sshTarget?: pulumi.Input<string>;
    /**
     * Name on the host: 1–63 of `A-Z a-z 0-9 _ . -`. Changed: replaced.
     * @default the logical name, "-", and 7 hexadecimal digits of the URN's hash
     */
    name?: pulumi.Input<string>;
    /** Text for people, kept in the domain's `<description>`. Changed: live. @default not managed: what others wrote there stays */
    description?: pulumi.Input<string>;
    /** Path of the kernel, relative to the program's folder. Compared by content. Changed: restart. */
    kernel: pulumi.Input<string>;
    /** Path of an initial ramdisk. Compared by content. Changed: restart. @default none */
    initrd?: pulumi.Input<string>;
    /** How the guest takes its configuration: `rumprun`, `linux`, `unikraft`, `solo5`, `raw`. Changed: restart. @default read off the kernel */
    guest?: pulumi.Input<string>;
    /** Arguments of the program inside. Changed: restart. @default [] @example ["-c", "/etc/nginx/conf/nginx.conf"] */
    args?: pulumi.Input<pulumi.Input<string>[]>;
    /** Environment of the program inside. Secrets stay out of command lines and previews. Changed: restart. @default {} */
    env?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Changed: restart. @default the guest's own */
    hostname?: pulumi.Input<string>;
    /**
     * Pass the addresses and `hostname` as options of mirage-runtime, which the MirageOS program must define. Changed: restart.
     * @default false
     */
    mirage?: pulumi.Input<boolean>;
    /** MiB, from 1. Changed: restart on KVM. @default 64, or twice what the guest is known to need where that is more */
    memory?: pulumi.Input<number>;
    /**
     * Xen, for a guest with a balloon (linux): MiB up to which `memory` changes without interruption. Changed: restart.
     * @default `memory`, so that every change of it is a restart
     */
    maxMemory?: pulumi.Input<number>;
    /** Processors, 1–255. Changed: restart on KVM. @default 1 */
    vcpus?: pulumi.Input<number>;
    /** Disks, in the guest's order. Changed: restart. @default [] @example [{ image: data, mount: "/etc/nginx" }] */
    blocks?: BlockArgs[];
    /** Network cards, in the guest's order; each in one unikernel only. @default [] */
    interfaces?: NetworkInterface[];
    /** `auto` takes KVM where a guest really boots with it, else emulation (`tcg`). Changed: restart. @default "auto" */
    accelerator?: pulumi.Input<Accelerator>;
    /** What the guest should be doing. `paused` starts it stopped before its first instruction. Changed: live. @default "running" */
    state?: pulumi.Input<GuestState>;
    /** What the host does with a guest that crashed: `preserve` keeps it for a debugger. Changed: live; to or from `restart`, restart. @default "destroy" */
    onCrash?: pulumi.Input<OnCrash>;
    /** Start it with the host. Changed: live. @default false */
    autostart?: pulumi.Input<boolean>;
    /** When create and update end. Changed: live. @default none: they end when the domain runs */
    readiness?: pulumi.Input<ReadinessArgs>;
    /** Seconds that a guest which hears a power-down gets before it is forced, 0–3600. Changed: live. @default 30 */
    shutdownTimeout?: pulumi.Input<number>;
    /** QEMU's gdb server. Changed: restart. @default none */
    gdb?: pulumi.Input<GdbArgs>;
    /**
     * Arguments for QEMU itself, as written. Refused unless `pulumi config set unikernel:allowQemuArgs true`.
     * Changed: restart.
     * @default none
     */
    qemuArgs?: pulumi.Input<pulumi.Input<string>[]>;
    /** Take over an object of the same name or uuid that somebody else made. Changed: nothing. @default false */
    adopt?: pulumi.Input<boolean>;
    /** Delete the `persist` disks with the unikernel; else they are left and named. Changed: live. @default false */
    deleteData?: pulumi.Input<boolean>;
    /** How many former files of each `persist` disk are kept when it begins again from its image, 0–100; they go with the disk. Changed: live. @default 1 */
    keepLast?: pulumi.Input<number>;
    /** Platform iso: path of the image, relative to the program's folder. Changed: rebuild. @default the name, and ".iso" */
    output?: pulumi.Input<string>;
    /** Platform iso: the volume's label, 1–32 of `A-Z a-z 0-9 _ . -`. Changed: rebuild. @default "UNIKERNEL" */
    label?: pulumi.Input<string>;
    /**
     * Platform iso: where boot loader and kernel show what they do: the first serial port (115200 baud, 8N1) and the screen.
     * The first one named also gets the program's own output. Changed: rebuild.
     * @default ["serial", "vga"]
     */
    console?: pulumi.Input<pulumi.Input<ConsoleKind>[]>;
    /** Platform iso: a stick or disk that the image is written to, and all that was on it lost. Changed: live. @default none */
    burn?: pulumi.Input<BurnArgs>;
}

/** Where a medium is written to. */
export interface BurnArgs {
    /** A whole block device, by a name that stays: `/dev/disk/by-id/usb-…`. By any other only together with `serial`. */
    device: pulumi.Input<string>;
    /** The serial number that the device must have. @default not compared */
    serial?: pulumi.Input<string>;
    /** Write to a device that says of itself that it is not removable. @default false */
    allowFixed?: pulumi.Input<boolean>;
}
