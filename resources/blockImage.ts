import * as pulumi from "@pulumi/pulumi";
import { derivedOutputs, type ImageFormat } from "../model/declared";
import {
    digestKey,
    formerNames,
    HandledResource,
    hiddenPaths,
    holdsSecret,
    isOfKind,
    plainSource,
    secretPaths,
    secretPlaces,
} from "../provider";

/** Text, or a file of this machine by `pulumi.asset.FileAsset`. */
export type ImageContent = pulumi.Input<string | pulumi.asset.FileAsset | pulumi.asset.StringAsset>;

/**
 * A path to a directory or file, or a map from path inside the image to content. An `AssetArchive` of files and texts
 * is such a map. What `pulumi.asset` has besides is refused with the reason.
 */
export type ImageSource =
    | pulumi.Input<string | pulumi.asset.FileArchive | pulumi.asset.FileAsset | pulumi.asset.AssetArchive>
    | Record<string, ImageContent>;

export interface BlockImageArgs {
    /**
     * What is in the image: the path of a directory or file, relative to the program's folder; or a map from
     * path inside the image to its text, or to a `FileAsset`.
     * Changed content: the image is built anew, and the unikernels that use it restart.
     * @example "./nginxdata"
     * @example { "index.html": "<h1>hello</h1>", "logo.png": new pulumi.asset.FileAsset("logo.png") }
     */
    source: ImageSource;
    /**
     * Patterns of entries of a `source` folder that are left out, in the form of a .gitignore file:
     * `.git` and `*.swp` match at any depth, `/build` only directly below `source`, `cache/` only folders.
     * Changed: what the image no longer holds, or holds again, is changed content.
     * @default nothing is left out
     * @example [".git", "*.swp"]
     */
    ignore?: pulumi.Input<pulumi.Input<string>[]>;
    /** Changed: built anew, and the unikernels that use it restart. @default "iso9660" */
    format?: pulumi.Input<ImageFormat>;
    /** Size of the file system in MiB; for `ext2`, `ext4`, `raw` and `qcow2`. @default as small as the content allows */
    size?: pulumi.Input<number>;
    /** Volume label. @default none */
    label?: pulumi.Input<string>;
    /** Path of the file that is built. @default in `$XDG_CACHE_HOME/pulumi-unikernel/images`, named by its digest */
    output?: pulumi.Input<string>;
}

/**
 * A data image, addressed by its content: the same tree gives the same digest, and what is unchanged is not rebuilt.
 * Unikernels boot from copies of their own, so the file that is built may be deleted at any time.
 *
 * @example
 * const data = new BlockImage("nginxdata", { source: "./nginxdata" });
 */
export class BlockImage extends HandledResource {
    /** sha256 of the normalised tree and the options, 64 hex digits. */
    declare readonly digest: pulumi.Output<string>;
    /** Of the file that was built. */
    declare readonly format: pulumi.Output<ImageFormat>;
    /** Of the file that was built. */
    declare readonly path: pulumi.Output<string>;
    /** Of the file that was built, 64 hex digits. */
    declare readonly sha256: pulumi.Output<string>;
    /** Of the file that was built, in bytes; the argument of this name is in MiB. */
    declare readonly size: pulumi.Output<number>;
    /** @internal The logical name, by which a unikernel finds its private copy again. */
    readonly logicalName: string;
    /** @internal Its former logical names, by its aliases. */
    readonly formerNames: Promise<string[] | undefined>;
    /** @internal Whether its content holds a secret. A promise, as `formerNames`. */
    readonly holdsSecret: Promise<true | undefined>;
    /** @internal The argument as written: in a preview an output that was left out is unknown, an argument is not. */
    readonly declaredOutput?: pulumi.Input<string>;

    /** Return whether a value is a BlockImage, of this copy of the package or of another one in the same program. */
    static override isInstance(value: unknown): value is BlockImage {
        return isOfKind(value, "blockImage");
    }

    constructor(name: string, args: BlockImageArgs, opts?: pulumi.CustomResourceOptions) {
        const { source, ...others } = args;
        const secrets = secretPaths({ source });
        const hidden = hiddenPaths({ ...others });
        super(
            "blockImage",
            name,
            {
                // Declares the outputs: each name here becomes a property of this object.
                digest: undefined,
                format: undefined,
                path: undefined,
                sha256: undefined,
                size: undefined,
                ...args,
                source: plainSource(source),
                secrets,
                hidden,
                ...secretPlaces(derivedOutputs.blockImage, hidden),
                digestKey: digestKey(secrets),
            },
            opts,
        );
        // In a preview of a build the engine gives the argument for the output of its name; sha256 is unknown then.
        this.size = pulumi.all([this.size, this.sha256]).apply(([size]) => size);
        this.logicalName = name;
        this.formerNames = formerNames(this, name, opts);
        this.holdsSecret = holdsSecret({ source });
        this.declaredOutput = args.output;
    }
}
