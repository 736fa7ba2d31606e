import * as pulumi from "@pulumi/pulumi";
import type { BootDigests, Burned, Manifest, SeenState } from "../model/declared";
import { derivedOutputs } from "../model/declared";
import {
    digestKey,
    HandledResource,
    hiddenPaths,
    isOfKind,
    refuseAssets,
    secretPaths,
    secretPlaces,
} from "../provider";
import { anyHoldsSecret, plainBlocks, plainInterfaces } from "./devices";
import type { UnikernelArgs } from "./unikernelArgs";

export type { Platform } from "../model/declared";
export type { BlockArgs, BurnArgs, HostArgs, ReadinessArgs, UnikernelArgs } from "./unikernelArgs";

/**
 * A unikernel: what it boots from, what it is told, and that it runs.
 *
 * `pulumi preview --diff` shows what an update will do in the input `consequence`: `live: …` (no interruption),
 * `restart: …` (same uuid, MAC addresses and disks), `replace: …`, or of a medium `rebuild: …`.
 *
 * @example
 * export const web = new Unikernel("web", {
 *     platform: "kvm",
 *     kernel: "./bin/nginx",
 *     args: ["-c", "/etc/nginx/conf/nginx.conf"],
 *     blocks: [{ image: data, mount: "/etc/nginx" }],
 *     interfaces: [web0],
 *     readiness: { http: { port: 80, path: "/" }, timeout: 30 },
 * });
 */
export class Unikernel extends HandledResource {
    /** The name on the host. */
    declare readonly name: pulumi.Output<string>;
    /** The uuid on the host: it follows from the URN, and stays. */
    declare readonly uuid: pulumi.Output<string>;
    /** libvirt URI. */
    declare readonly connection: pulumi.Output<string>;
    /** What the guest is doing, as last seen. */
    declare readonly state: pulumi.Output<SeenState>;
    /** One address for each interface, in their order; empty text where the host does not know it. */
    declare readonly ipAddresses: pulumi.Output<string[]>;
    /** Path of the console log on the host. */
    declare readonly consoleLog: pulumi.Output<string>;
    /** The command that opens the console. */
    declare readonly consoleCommand: pulumi.Output<string>;
    /** Platform iso: absolute path of the image. */
    declare readonly path: pulumi.Output<string | undefined>;
    /** Platform iso: sha256 of the image, 64 hexadecimal digits; keyed where it holds a secret. */
    declare readonly sha256: pulumi.Output<string | undefined>;
    /** Platform iso: bytes of the image. */
    declare readonly size: pulumi.Output<number | undefined>;
    /** Platform iso: what is on the medium, path → 16 digits of its content's sha256. */
    declare readonly manifest: pulumi.Output<Manifest | undefined>;
    /** Platform iso: what was written to `burn.device`. */
    declare readonly burned: pulumi.Output<Burned | undefined>;
    /** What the guest gets to read, secrets masked. */
    declare readonly guestConfig: pulumi.Output<string>;
    /** What the last change meant for the guest. */
    declare readonly consequence: pulumi.Output<string>;
    /** Of what it boots from. */
    declare readonly digests: pulumi.Output<BootDigests>;

    /** Return whether a value is a Unikernel, of this copy of the package or of another one in the same program. */
    static override isInstance(value: unknown): value is Unikernel {
        return isOfKind(value, "unikernel");
    }

    constructor(name: string, args: UnikernelArgs, opts?: pulumi.CustomResourceOptions) {
        refuseAssets(args);
        const { env, args: words, hostname, ...others } = args;
        const secrets = secretPaths({ env, args: words, hostname });
        const [blocks, interfaces] = [plainBlocks(args.blocks), plainInterfaces(name, args.interfaces)];
        const hidden = hiddenPaths({ ...others, blocks, interfaces });
        super(
            "unikernel",
            name,
            {
                // Declares the outputs: each name here becomes a property of this object.
                name: undefined,
                uuid: undefined,
                connection: undefined,
                state: undefined,
                ipAddresses: undefined,
                consoleLog: undefined,
                consoleCommand: undefined,
                guestConfig: undefined,
                consequence: undefined,
                digests: undefined,
                path: undefined,
                sha256: undefined,
                size: undefined,
                manifest: undefined,
                burned: undefined,
                ...args,
                blocks,
                interfaces,
                secrets,
                hidden,
                ...secretPlaces(derivedOutputs.unikernel, hidden),
                digestKey: digestKey(
                    secrets.apply(async (paths) => paths ?? ((await anyHoldsSecret(args.blocks)) ? [] : undefined)),
                ),
                allowQemuArgs:
                    args.qemuArgs === undefined
                        ? undefined
                        : new pulumi.Config("unikernel").getBoolean("allowQemuArgs"),
            },
            opts,
        );
    }
}
